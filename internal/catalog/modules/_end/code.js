// Ends the run with an empty JSON object.
function main() {
  c.JSON(200, {})
}
