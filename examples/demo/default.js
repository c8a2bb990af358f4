// auth() decides who may enter a flow whose first node has nflow_auth switched on. Leaving "login" in next sends the
// visitor to /nflow_login; the path that was asked for is kept in the session, so that the login leads back to it.
//
// A login lasts as long as its session. To look the user up again keeps out who was disabled meanwhile.
function auth() {
  const user = get_user(get_profile().username)
  if (!user || !user.active) {
    delete_profile()
    next = "login"
  }
}
