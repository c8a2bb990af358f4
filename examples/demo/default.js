// auth() decides who may enter a flow whose first node has nflow_auth switched on. Leaving "login" in next sends the
// visitor to /nflow_login; the path that was asked for is kept in the session, so that the login leads back to it.
function auth() {
  if (!exist_profile()) {
    next = "login"
  }
}
