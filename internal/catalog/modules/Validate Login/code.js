// Checks payload.username and payload.password and signs the visitor in.
//
// Right: output_1, or, when nothing is connected there, back to the page that asked for the login.
// Wrong: output_2 with a message in payload.login_error, or, when nothing is connected there, an error page.
// Either way the password leaves the payload, so that it reaches no later node, session or log.
function main() {
  const username = typeof payload.username === "string" ? payload.username : ""
  const password = typeof payload.password === "string" ? payload.password : ""
  delete payload.password
  delete payload.login_error

  if (username !== "" && password !== "" && validate_user(username, password)) {
    const user = get_user(username) || {}
    set_profile({ username: username, rol: String(user.rol || "") })
    if (__outputs.output_1) {
      next = "output_1"
      return
    }
    // Only a path of this site: what a browser could read as another host ("//", a backslash, a control character
    // that it drops) leads to the start page.
    const asked = get_session("auth-session", "redirect_url")
    set_session("auth-session", "redirect_url", "")
    const local = /^[/]([^/\\\x00-\x20][^\\\x00-\x20]*)?$/.test(asked)
    c.Redirect(303, local ? asked : "/")
    return
  }

  if (__outputs.output_2) {
    payload.login_error = "The username or the password is not right."
    next = "output_2"
    return
  }
  c.HTML(401, template(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Login failed</title>
<style>body { font: 100%/1.5 system-ui, sans-serif; max-width: 32rem; margin: 2rem auto; padding: 0 1rem }</style>
</head>
<body>
<main>
<h1>Login failed</h1>
<p role="alert">The username or the password is not right.</p>
<p><a href="{{.url}}">Try again</a></p>
</main>
</body>
</html>
`, { url: nflow_endpoint }))
  next = "break"
}
