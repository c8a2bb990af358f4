package logger

// TellsSecret tells whether the name of a field, header or variable says that its value is a secret, as "password",
// "api-key" and "refreshToken" do.
func TellsSecret(name string) bool { return isTelling(name) }
