// Answers an HTML page from a Go template over the payload.
function main() {
  c.HTML(200, template(nflow_data.template || "", payload))
}
