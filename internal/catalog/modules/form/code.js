// Shows a form and leaves the run waiting: it goes on at output_1 when the form is sent.
//
// Both html_form and the page template are Go templates over the same data; the page also gets the rendered form as
// form_code. A page that cannot be found gives way to the plain one below, so that a visitor never sees an empty answer.
function main() {
  const plainPage = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.name}}</title>
<style>
body { font: 100%/1.5 system-ui, sans-serif; max-width: 32rem; margin: 2rem auto; padding: 0 1rem }
input, select, textarea, button { font: inherit }
</style>
</head>
<body>
<main>
{{if .name}}<h1>{{.name}}</h1>{{end}}
<form method="post" action="{{.url}}">
<input type="hidden" name="nflow_next_node_run" value="{{.next}}">
{{.form_code | unescapeHTML}}
</form>
</main>
</body>
</html>
`
  const following = __outputs.output_1 || ""
  const data = {
    action: nflow_endpoint.replace(/[/]+$/, "") + "/nfnext/" + following,
    next: following,
    payload: payload,
    profile: get_profile(),
    url: nflow_endpoint,
    name: nflow_data.name_box || "",
  }
  data.form_code = template(nflow_data.html_form || "", data)

  const page = nflow_data.template ? get_template(nflow_data.template) : ""
  c.HTML(200, template(page || plainPage, data))
  payload.break = true
}
