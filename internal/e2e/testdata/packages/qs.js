import qs from "qs"

function program() {
  return {
    deep: qs.parse("a[b][c]=1&a[b][d]=2&list[]=x&list[]=y&n=%C3%A9+x&e=&plain"), indexed: qs.parse("a[1]=b&a[0]=c"), dots: qs.parse("a.b=1", { allowDots: true }),
    comma: qs.parse("a=b,c", { comma: true }), latin: qs.parse("a=%A7", { charset: "iso-8859-1" }), proto: qs.parse("__proto__[x]=1&toString=2"),
    text: qs.stringify({ a: { b: ["c", "d"] }, "é x": null, t: new Date(0), u: undefined, f: "1&2=3" }),
    brackets: qs.stringify({ a: ["b", "c"] }, { arrayFormat: "brackets", encode: false }), repeat: qs.stringify({ a: ["b", "c"] }, { arrayFormat: "repeat" }), pair: qs.stringify({ a: "😀" }),
  }
}
