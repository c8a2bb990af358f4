// Forgets who is signed in.
function main() {
  delete_profile()
}
