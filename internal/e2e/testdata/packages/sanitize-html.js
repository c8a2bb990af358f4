import sanitize from "sanitize-html"

function program() {
  return {
    plain: sanitize(`<p onclick="x()">a <b>b</b><script>alert(1)</script> <a href="javascript:alert(1)" title="t">c</a> &amp; &lt;i&gt;</p>`),
    link: sanitize(`<a href="https://example.com/?a=1&b=2" target="_blank">x</a><img src=x onerror=alert(1)>`, { allowedTags: ["a", "img"], allowedAttributes: { a: ["href", "target"], img: ["src"] } }),
    none: sanitize("<h1>Title</h1><p>ü <i>x</i>", { allowedTags: [], allowedAttributes: {} }), broken: sanitize("<b>open <i>both</b> text < 3 <!-- c --> &nbsp;&eacute;&#x1F600;"),
    style: sanitize(`<p style="color: red; position: fixed">x</p>`, { allowedAttributes: { p: ["style"] }, allowedStyles: { "*": { color: [/^red$/] } } }),
    turned: sanitize(`<h2 class="a b">x</h2>`, { transformTags: { h2: sanitize.simpleTransform("h3", { class: "a" }) }, allowedClasses: { h3: ["a"] } }),
    host: sanitize(`<iframe src="https://www.youtube.com/embed/1"></iframe><iframe src="//evil.example/"></iframe>`, { allowedTags: ["iframe"], allowedAttributes: { iframe: ["src"] }, allowedIframeHostnames: ["www.youtube.com"] }),
  }
}
