// Answers an HTML page from a Mustache template over the payload.
function main() {
  c.HTML(200, mustache(nflow_data.template || "", payload))
}
