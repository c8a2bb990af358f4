// Lets the run go on only when the request carries a valid token of the given name, else answers 401. Without a name
// it is "api1", which is what ValidateToken1 always asks for.
function main() {
  if (!validate_token(nflow_data.token || "api1")) {
    c.JSON(401, { error: "Unauthorized" })
    next = "break"
  }
}
