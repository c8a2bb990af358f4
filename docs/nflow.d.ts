// The globals of nFlow's JavaScript nodes. Written by: nflow-runtime types

/**
 * Has a signal, and abort(reason), which calls the signal's listeners.
 * @example
 * const stop = new AbortController()
 * stop.abort()
 * payload.stopped = stop.signal.aborted
 */
declare const AbortController: any;

/**
 * The signal of an AbortController; abort(reason), timeout(ms) and any(signals) make one, and fetch takes one.
 * @example
 * payload.reason = AbortSignal.abort("enough").reason
 */
declare const AbortSignal: any;

/**
 * Bytes with a type, as browsers have them: text(), arrayBuffer(), bytes(), stream(), slice().
 * @example
 * payload.size = new Blob(["é"], { type: "text/plain" }).size
 */
declare const Blob: any;

/**
 * Bytes as Node has them; the same as Buffer of the module buffer.
 * @example
 * payload.hex = Buffer.from("é").toString("hex")
 */
declare const Buffer: {
  poolSize: any;
};

/**
 * The error that functions of browsers throw, with a name such as AbortError.
 * @example
 * payload.name = new DOMException("stopped", "AbortError").name
 */
declare const DOMException: any;

/**
 * A Blob with a name and the time of its last change, as browsers have it.
 * @example
 * payload.name = new File(["é"], "letter.txt", { type: "text/plain" }).name
 */
declare const File: any;

/**
 * The fields and files of a form, as browsers have them; fetch and http send one as multipart/form-data. A Blob becomes a File, and so do, unlike in browsers, bytes and a file of a request, {filename, type, bytes}.
 * @example
 * const form = new FormData()
 * form.append("title", "Order 7")
 * form.append("file", new Uint8Array([1, 2]), "order.bin")
 */
declare const FormData: any;

/**
 * The headers of a message by names of any case, as browsers have them.
 * @example
 * payload.type = new Headers({ "Content-Type": "text/plain" }).get("content-type")
 */
declare const Headers: any;

/**
 * A request as a value, as browsers have it, which fetch takes: method, url, headers, signal, redirect, clone(), and its body by text(), json(), arrayBuffer(), bytes(), blob(), formData() or body, a stream of one piece. mode, credentials, cache and their like have no effect.
 * @example
 * payload.method = new Request("https://example.com/", { method: "post", body: "x" }).method
 */
declare const Request: any;

/**
 * A response as a value, as browsers have it: status, statusText, ok, url, type, redirected, headers, clone(), and its body by text(), json(), arrayBuffer(), bytes(), blob(), formData() or body, a stream of one piece: getReader(), cancel(), tee(), locked, and for await. It answers no request: c does.
 * @example
 * payload.status = new Response("made", { status: 201 }).status
 */
declare const Response: any;

/**
 * Makes text of bytes, as browsers have it: of any charset of the WHATWG Encoding standard by its labels. fatal throws for bytes that mean nothing, which become U+FFFD otherwise.
 * @example
 * payload.text = new TextDecoder("shift_jis").decode(new Uint8Array([0x93, 0xfa]))
 */
declare const TextDecoder: any;

/**
 * Makes bytes of text, as UTF-8.
 * @example
 * payload.bytes = new TextEncoder().encode("é").length
 */
declare const TextEncoder: any;

/**
 * A URL and its parts, as browsers have it; the same as URL of the module url.
 * @example
 * payload.host = new URL("https://example.com/a?b=1").host
 */
declare const URL: any;

/**
 * The names and values of a query, as browsers have them; fetch and http send one as a form.
 * @example
 * payload.query = new URLSearchParams({ a: "1 2" }).toString()
 */
declare const URLSearchParams: any;

/**
 * The name of the app that the flow belongs to.
 * @example
 * payload.app = __flow_app
 */
declare const __flow_app: any;

/**
 * The name of the flow that runs.
 * @example
 * payload.flow = __flow_name
 */
declare const __flow_name: any;

/**
 * Maps output names to the ids of the connected nodes.
 * @example
 * const id = __outputs.output_1
 */
declare const __outputs: any;

/**
 * Asks a language model and waits. provider is a NAME of [ai.NAME]; with one provider it can be left out. Give prompt, or messages: an array of {role: "user" | "assistant" | "system", content}. With data, system and prompt are Mustache templates over it. tools are {name, description, parameters, run}: parameters is a JSON Schema, run(args) is called when the model asks for it, in up to 8 rounds; a tool without run ends the call, and tool_calls of the result lists what the model asked for. json_schema makes the model return JSON: it is checked against the schema and parsed in json. stream: true sends the text to the client as server-sent events, or piece by piece to onToken(text). timeout is in milliseconds. Returns {text, json, usage: {input, output, total}, tool_calls, model, finish}; finish is "stop", "length", "tool_calls" or "content_filter". Throws when the model does not answer.
 * @example
 * const answer = ai.chat({
 *   system: "You answer in one sentence.",
 *   prompt: "What is the weather like in {{city}}?",
 *   data: { city: "Córdoba" },
 *   tools: [{
 *     name: "weather", description: "The weather of a city",
 *     parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
 *     run: (args) => ({ city: args.city, celsius: 21 }),
 *   }],
 * })
 * payload.answer = answer.text
 * payload.tokens = answer.usage.total
 */
declare const ai: {
  chat(...args: any[]): any;
};

/**
 * Decodes base64 to a string of bytes, as browsers do.
 * @example
 * const text = atob("aGVsbG8=")
 */
declare function atob(...args: any[]): any;

/**
 * Encodes a string of bytes, or a Uint8Array, as base64, as browsers do.
 * @example
 * const encoded = btoa("hello")
 */
declare function btoa(...args: any[]): any;

/**
 * The request and its response. Responses: JSON, JSONPretty, JSONP, JSONBlob, String, HTML, HTMLBlob, XML, XMLPretty, XMLBlob, Blob, Stream, File, Attachment, Inline, NoContent, Redirect, Error; only the first is sent. In pieces: Write(text), Flush(), SSE(send => …), WebSocket(ws => …, {origins, protocols}) with ws.receive(), which is text, a Uint8Array, or null at the end, ws.send(text, bytes or data) and ws.protocol; after the end ws.code and ws.reason, by RFC 6455; a request that is no upgrade, or comes from another site, throws an error with its status; a message has at most 1 MiB, a longer one closes with 1009, text or a reason that is not UTF-8 with 1007, what breaks the protocol with 1002. Request: Request(), Response(), IsTLS, IsWebSocket, Scheme, RealIP, Path, Param, ParamNames, ParamValues, QueryParam, QueryParams, QueryString, FormValue, FormParams, FormFile, MultipartForm, Cookie, Cookies, SetCookie, Get, Set (plain data is shared with the Go program around the flows), Bind, Body (a Uint8Array), BodyText, GetHeader, SetHeader. c.Error(status, message) answers an error, from 400 to 599, as JSON or as a page for browsers; so does what a node throws that has both: throw {status: 404, message: "there is no such order"}. A number of JSON beyond 2^53 becomes the nearest that JavaScript has: BodyText keeps its digits.
 * @example
 * c.JSON(200, { hello: c.QueryParam("name") || "world" })
 */
declare const c: {
  Attachment(...args: any[]): any;
  Bind(...args: any[]): any;
  Blob(...args: any[]): any;
  Body(...args: any[]): any;
  BodyText(...args: any[]): any;
  Cookie(...args: any[]): any;
  Cookies(...args: any[]): any;
  Error(...args: any[]): any;
  File(...args: any[]): any;
  Flush(...args: any[]): any;
  FormFile(...args: any[]): any;
  FormParams(...args: any[]): any;
  FormValue(...args: any[]): any;
  Get(...args: any[]): any;
  GetHeader(...args: any[]): any;
  HTML(...args: any[]): any;
  HTMLBlob(...args: any[]): any;
  Inline(...args: any[]): any;
  IsTLS(...args: any[]): any;
  IsWebSocket(...args: any[]): any;
  JSON(...args: any[]): any;
  JSONBlob(...args: any[]): any;
  JSONP(...args: any[]): any;
  JSONPretty(...args: any[]): any;
  MultipartForm(...args: any[]): any;
  NoContent(...args: any[]): any;
  Param(...args: any[]): any;
  ParamNames(...args: any[]): any;
  ParamValues(...args: any[]): any;
  Path(...args: any[]): any;
  QueryParam(...args: any[]): any;
  QueryParams(...args: any[]): any;
  QueryString(...args: any[]): any;
  RealIP(...args: any[]): any;
  Redirect(...args: any[]): any;
  Request(...args: any[]): any;
  Response(...args: any[]): any;
  SSE(...args: any[]): any;
  Scheme(...args: any[]): any;
  Set(...args: any[]): any;
  SetCookie(...args: any[]): any;
  SetHeader(...args: any[]): any;
  Stream(...args: any[]): any;
  String(...args: any[]): any;
  WebSocket(...args: any[]): any;
  Write(...args: any[]): any;
  XML(...args: any[]): any;
  XMLBlob(...args: any[]): any;
  XMLPretty(...args: any[]): any;
};

/**
 * The SHA-512 hash of a text, as hex.
 * @example
 * const key = calcular_sha512("abc")
 */
declare function calcular_sha512(...args: any[]): any;

/**
 * The SHA-512/224 hash of a text, as hex.
 * @example
 * const key = calcular_sha512_224("abc")
 */
declare function calcular_sha512_224(...args: any[]): any;

/**
 * The SHA-512/256 hash of a text, as hex.
 * @example
 * const key = calcular_sha512_256("abc")
 */
declare function calcular_sha512_256(...args: any[]): any;

/**
 * Reports whether the code is the one that was sent to that number. True when Twilio is disabled.
 * @example
 * if (!check_otp("+34600000000", "123456")) { next = "output_2" }
 */
declare function check_otp(...args: any[]): any;

/**
 * Returns the JSON inside a Markdown code fence, as language models write it; fences inside its texts stay, and text without a fence is returned trimmed.
 * @example
 * const data = JSON.parse(clean_json('```json\n{"a":1}\n```'))
 */
declare function clean_json(...args: any[]): any;

/**
 * Ends what setInterval began.
 * @example
 * clearInterval(setInterval(() => console.log("never"), 1000))
 */
declare function clearInterval(...args: any[]): any;

/**
 * Cancels a timer of setTimeout.
 * @example
 * const id = setTimeout(() => console.log("late"), 1000); clearTimeout(id)
 */
declare function clearTimeout(...args: any[]): any;

/**
 * The configuration of this server, without passwords, keys and connection strings.
 * @example
 * console.debug(config)
 */
declare const config: any;

/**
 * Writes to the server's log: log, info, warn, error, debug. A first argument with %s, %d, %i, %f, %j, %o or %O is a format. As in Node there are also trace, assert, dir, table, group and groupEnd, count and countReset, time, timeLog and timeEnd.
 * @example
 * console.log("order %s has %d lines", "A-1", 3, { paid: true })
 */
declare const console: {
  assert(...args: any[]): any;
  count(...args: any[]): any;
  countReset(...args: any[]): any;
  debug(...args: any[]): any;
  dir(...args: any[]): any;
  dirxml(...args: any[]): any;
  error(...args: any[]): any;
  group(...args: any[]): any;
  groupCollapsed(...args: any[]): any;
  groupEnd(...args: any[]): any;
  info(...args: any[]): any;
  log(...args: any[]): any;
  table(...args: any[]): any;
  time(...args: any[]): any;
  timeEnd(...args: any[]): any;
  timeLog(...args: any[]): any;
  trace(...args: any[]): any;
  warn(...args: any[]): any;
};

/**
 * Hashes, keys and ciphers: sha256(data) and sha1, sha384, sha512, hash(algorithm, data), hmac(algorithm, key, data), randomBytes(size), getRandomValues(typedArray), randomUUID(), timingSafeEqual(a, b), encrypt(key, data, {aad}) and decrypt(key, text, {aad, as}) with AES-GCM and a key of 16, 24 or 32 bytes. sign(algorithm, key, data) and verify(algorithm, key, data, signature): RS256, PS256, ES256 (384, 512), Ed25519, or sha1, sha256, sha384, sha512 for an RSA or EC key; a key is PEM or JWK, a public one also DER or the bytes of Ed25519, as text or bytes. ES256 makes JOSE's form, sha256 ASN.1; verify takes both, as bytes, hexadecimal or base64. Signatures are base64. Digests are hexadecimal; a last argument "base64", "base64url" or "bytes" selects another form. subtle.digest(algorithm, bytes) is that of browsers: a promise of an ArrayBuffer; the rest of subtle is not there.
 * @example
 * const key = crypto.randomBytes(32)
 * const sealed = crypto.encrypt(key, "4242 4242")
 * payload.ok = crypto.timingSafeEqual(crypto.hmac("sha256", "secret", "body"), crypto.hmac("sha256", "secret", "body"))
 * payload.card = crypto.decrypt(key, sealed)
 */
declare const crypto: {
  decrypt(...args: any[]): any;
  encrypt(...args: any[]): any;
  getRandomValues(...args: any[]): any;
  hash(...args: any[]): any;
  hmac(...args: any[]): any;
  randomBytes(...args: any[]): any;
  randomUUID(...args: any[]): any;
  sha1(...args: any[]): any;
  sha256(...args: any[]): any;
  sha384(...args: any[]): any;
  sha512(...args: any[]): any;
  sign(...args: any[]): any;
  subtle: any;
  timingSafeEqual(...args: any[]): any;
  verify(...args: any[]): any;
};

/**
 * Tables as text: parse(text, {header, separator, comment, trim, lazy}) returns an object for each row, with the names of the first row, or arrays with header: false (a list of names means that there is no header row). A column without a name is called column_N, counted from 1; a first line such as sep=; names the separator; lines end with LF, CRLF or CR, and line breaks in quotes stay as they are; separator and comment are one character each, also beyond ASCII; trim: true removes blanks, also around quotes. A quote inside a cell that begins with none is text; blanks before a quote, text behind a closing one and a quote that is not closed are errors, which lazy: true takes as text. format(rows, {columns, header, separator, newline, bom, formulas}) makes text of objects or arrays that parse reads back unchanged; formulas: false keeps spreadsheets from running texts as formulas.
 * @example
 * const rows = csv.parse("name,age\nAda,36\n\"Lovelace, A.\",37")
 * payload.names = rows.map(r => r.name)
 * payload.text = csv.format([{ name: "Ada", tags: ["a"] }], { separator: ";" })
 */
declare const csv: {
  format(...args: any[]): any;
  parse(...args: any[]): any;
};

/**
 * The id of the node.
 * @example
 * const id = current_box
 */
declare const current_box: any;

/**
 * Dates with time zones: now(), format(date, pattern, zone), parse(text, pattern, zone) → Date, add(date, amount, unit, zone), diff(later, earlier, unit). Patterns are made of YYYY YY Q Qo MMMM MMM MM M DDDD DDD (of the year) DD D Do dddd ddd d (0 is Sunday) GGGG WW W E (year and number of the ISO week, its day from 1) HH H hh h mm m ss s S to SSSSSSSSS A a Z (+02:00) ZZ (+0200) X x (seconds, milliseconds since 1970) and [text]; yyyy-MM-dd, EEEE and 'text' of other dialects are accepted, an unknown letter is an error. Without a pattern it is ISO 8601. A zone is a name such as "Europe/Madrid" or an offset, "UTC" when left out: an ambiguous local time is the first, a skipped one is moved later by the gap. parse requires the whole text to match, weekday included, and what a pattern names twice to be the same. Units: year, month, week, day, hour, minute, second, millisecond; a part of a day is hours, years and months are whole.
 * @example
 * const d = date.parse("24/12/2026 18:30", "DD/MM/YYYY HH:mm", "Europe/Madrid")
 * payload.utc = date.format(d, "YYYY-MM-DD HH:mm")
 * payload.tomorrow = date.format(date.add(date.now(), 1, "day"), "dddd D MMMM")
 */
declare const date: {
  add(...args: any[]): any;
  diff(...args: any[]): any;
  format(...args: any[]): any;
  now(...args: any[]): any;
  parse(...args: any[]): any;
};

/**
 * The databases of [db.NAME]: db(name) is one of them, db itself is [db.default]. query(sql, params) returns an array of rows, one(sql, params) the first row or null, exec(sql, params) {rowsAffected, lastInsertId}, and transaction(fn) the result of fn(tx): tx has query, one and exec; the transaction is rolled back when fn throws or its promise is rejected. Parameters are $1, $2 … on every database. Two columns of one name are an error of query and one, after the statement has run: use AS.
 * @example
 * const row = db.one("SELECT $1 AS name, 6 * 7 AS answer", ["Ada"])
 */
declare const db: {
  (...args: any[]): any;
  exec(...args: any[]): any;
  one(...args: any[]): any;
  query(...args: any[]): any;
  transaction(...args: any[]): any;
};

/**
 * Logs the visitor out.
 * @example
 * delete_profile()
 */
declare function delete_profile(...args: any[]): any;

/**
 * Deletes a named session.
 * @example
 * delete_session("cart")
 */
declare function delete_session(...args: any[]): any;

/**
 * Deletes the values of the form in progress.
 * @example
 * delete_session_form()
 */
declare function delete_session_form(...args: any[]): any;

/**
 * The same as nflow_data.
 * @example
 * const field = dromedary_data.field
 */
declare const dromedary_data: any;

/**
 * The same as c.
 * @example
 * echo_context.String(200, "hello")
 */
declare const echo_context: {
  Attachment(...args: any[]): any;
  Bind(...args: any[]): any;
  Blob(...args: any[]): any;
  Body(...args: any[]): any;
  BodyText(...args: any[]): any;
  Cookie(...args: any[]): any;
  Cookies(...args: any[]): any;
  Error(...args: any[]): any;
  File(...args: any[]): any;
  Flush(...args: any[]): any;
  FormFile(...args: any[]): any;
  FormParams(...args: any[]): any;
  FormValue(...args: any[]): any;
  Get(...args: any[]): any;
  GetHeader(...args: any[]): any;
  HTML(...args: any[]): any;
  HTMLBlob(...args: any[]): any;
  Inline(...args: any[]): any;
  IsTLS(...args: any[]): any;
  IsWebSocket(...args: any[]): any;
  JSON(...args: any[]): any;
  JSONBlob(...args: any[]): any;
  JSONP(...args: any[]): any;
  JSONPretty(...args: any[]): any;
  MultipartForm(...args: any[]): any;
  NoContent(...args: any[]): any;
  Param(...args: any[]): any;
  ParamNames(...args: any[]): any;
  ParamValues(...args: any[]): any;
  Path(...args: any[]): any;
  QueryParam(...args: any[]): any;
  QueryParams(...args: any[]): any;
  QueryString(...args: any[]): any;
  RealIP(...args: any[]): any;
  Redirect(...args: any[]): any;
  Request(...args: any[]): any;
  Response(...args: any[]): any;
  SSE(...args: any[]): any;
  Scheme(...args: any[]): any;
  Set(...args: any[]): any;
  SetCookie(...args: any[]): any;
  SetHeader(...args: any[]): any;
  Stream(...args: any[]): any;
  String(...args: any[]): any;
  WebSocket(...args: any[]): any;
  Write(...args: any[]): any;
  XML(...args: any[]): any;
  XMLBlob(...args: any[]): any;
  XMLPretty(...args: any[]): any;
};

/**
 * The values of section [env] of the configuration.
 * @example
 * const shop = env.shop_name || "Shop"
 */
declare const env: any;

/**
 * Reports whether a user is logged in.
 * @example
 * if (!exist_profile()) { next = "output_2" }
 */
declare function exist_profile(...args: any[]): any;

/**
 * Calls another service without waiting, as browsers do: takes a URL or a Request, and returns a promise of a Response, with ok, status, statusText, url, redirected, type, headers, body, bodyUsed, clone(), and text(), json(), arrayBuffer(), bytes(), blob() and formData(), which are promises too. The promise is rejected with a TypeError when there is no response, and with the signal's reason when signal, of an AbortController or AbortSignal.timeout(ms), is aborted before. body is text, bytes, a URLSearchParams, a FormData or a Blob; json, form, multipart, data, query, params, timeout and retries are as in http. Different from Node: a response is there once all of its body is: body, a stream, or null, has one piece; text() reads the charset that the response names, and content-encoding and content-length are gone from what was decoded; an object without a text of its own is refused as a body, and so are options that nobody knows; a URL is http or https and may hold a user and a password; headers of the connection are not sent, and those with a key in their name not to another host that a redirect leads to; a body of a FormData has a boundary of its content.
 * Needs [vm_pool] enable_network.
 * @example
 * async function main() {
 *   const [a, b] = await Promise.all([fetch("http://localhost/orders"), fetch("http://localhost/status", { signal: AbortSignal.timeout(5000) })])
 *   payload.order = await a.json()
 *   payload.up = b.ok
 * }
 */
declare function fetch(...args: any[]): any;

/**
 * Returns the text of a file below the configured directory ([vm_pool] filesystem_root), in UTF-8 without a byte order mark; files.read takes others as bytes.
 * Needs [vm_pool] enable_filesystem.
 * @example
 * string_to_file("note.txt", "hello"); payload.note = file_to_string("note.txt")
 */
declare function file_to_string(...args: any[]): any;

/**
 * Files below the configured directory ([vm_pool] filesystem_root), up to 16 MiB: read(path) → text in UTF-8, or bytes with {as: "bytes"}; write(path, data) and append(path, data) take text or bytes; list(path) → [{name, directory, size, modified}] by name; mkdir(path) creates parent directories, too; remove(path) removes a file or an empty directory and returns whether it existed; exists(path).
 * Needs [vm_pool] enable_filesystem.
 * @example
 * files.mkdir("orders")
 * files.write("orders/7.txt", "pens")
 * files.append("orders/7.txt", new Uint8Array([10]))
 * payload.text = files.read("orders/7.txt")
 * payload.names = files.list("orders").map(f => f.name)
 * files.remove("orders/7.txt")
 */
declare const files: {
  append(...args: any[]): any;
  exists(...args: any[]): any;
  list(...args: any[]): any;
  mkdir(...args: any[]): any;
  read(...args: any[]): any;
  remove(...args: any[]): any;
  write(...args: any[]): any;
};

/**
 * Returns the part of a value at a dotted path, as in "order.lines.0.price"; undefined when there is none.
 * @example
 * const first = find_element("order.lines.0", { order: { lines: ["pen"] } })
 */
declare function find_element(...args: any[]): any;

/**
 * Other flows of the app: call(pathOrName, payload) runs one as a separate run, which ends with this one. Returns the answer of a flow that answers, {status, headers, body}, and else the payload that it leaves. body is data where the answer is JSON, text where it is of a text type, else a Uint8Array; names of headers are in lower case. A flow that fails throws here; one that throws {status, message} gives the error that status.
 * @example
 * const answer = flow.call("/prices", { items: ["pen"] })
 * payload.total = answer.total
 */
declare const flow: {
  call(...args: any[]): any;
};

/**
 * The parameters of query and body: name to array of values.
 * @example
 * const names = form.name || []
 */
declare const form: any;

/**
 * Asks a Gemini model and returns its text; prompt is a Mustache template over data. An empty key or model means that of [ai.gemini]; its base_url is used.
 * @example
 * payload.answer = gemini("", "Greet {{name}}", "gemini-2.5-flash", { name: "Ada" })
 */
declare function gemini(...args: any[]): any;

/**
 * Returns an environment variable of the server, empty when it is not set. The server's own (NFLOW_…) are hidden.
 * Needs [vm_pool] enable_process.
 * @example
 * const region = get_env("REGION") || "eu"
 */
declare function get_env(...args: any[]): any;

/**
 * Returns the profile of the logged-in user, {} when there is none.
 * @example
 * const name = get_profile().username || "guest"
 */
declare function get_profile(...args: any[]): any;

/**
 * Returns the value under a key of a named session, as text; "" when there is none.
 * @example
 * const coupon = get_session("cart", "coupon")
 */
declare function get_session(...args: any[]): any;

/**
 * Returns the source of a stored template; "" and a log line when there is none.
 * @example
 * const source = get_template("page") || "<h1>{{.title}}</h1>"
 */
declare function get_template(...args: any[]): any;

/**
 * Returns the API tokens of that name as an array, or null when there is none.
 * @example
 * const tokens = get_token("api1") || []
 */
declare function get_token(...args: any[]): any;

/**
 * Returns the user of that name as {id, username, rol, active}, without the password, or null.
 * @example
 * const user = get_user("ada"); payload.rol = user ? user.rol : ""
 */
declare function get_user(...args: any[]): any;

/**
 * The request's headers: canonical name to array of values.
 * @example
 * const language = (header["Accept-Language"] || ["en"])[0]
 */
declare const header: any;

/**
 * Calls another service and waits: http.get, http.post, http.put, http.patch, http.delete, and http.request with a method among its options. Returns {ok, status, statusText, headers, body, url, redirected, json(), text(), bytes()}; as selects the type of body: "text", "json" or "bytes"; without it body is text, or bytes where neither the type nor the bytes are those of a text. A status of 400 or more does not throw; no response throws. timeout is in milliseconds for each attempt (30000). retries (0) tries again after 429, 500, 502, 503, 504 and failures of the network, with growing pauses or as Retry-After says; POST and PATCH then carry an Idempotency-Key. redirect is "follow", "manual" or "error"; a redirect keeps method and body, but 303 makes a GET, as 301 and 302 do of a POST. Responses in gzip, br and deflate are decoded. One of these is the body: body (text or bytes), json, form (an object, pairs or text), multipart ({field: value or {filename, type, bytes}, or a list of them}), or data, as axios has it: an object as JSON, or as form or multipart where the header Content-Type says so, else as body. query, or params, goes behind the URL. In query and form a list repeats its name, a Date is ISO 8601 (an invalid one is an error), an object is name[key], a list that holds objects name[0][key]; null is left out.
 * Needs [vm_pool] enable_network.
 * @example
 * const order = http.post("http://localhost/orders", { json: { pens: 2 }, timeout: 5000 })
 * if (!order.ok) throw new Error("orders answered " + order.status)
 * payload.id = http.get("http://localhost/orders", { query: { last: 1 }, as: "json", retries: 2 }).body.id
 */
declare const http: {
  delete(...args: any[]): any;
  get(...args: any[]): any;
  patch(...args: any[]): any;
  post(...args: any[]): any;
  put(...args: any[]): any;
  request(...args: any[]): any;
};

/**
 * Requests a URL with DELETE. Returns {status, status_code, header, body, err}; when the network fails, status_code is 0 and err holds a text.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_delete("http://localhost/orders/1")
 */
declare function http_delete(...args: any[]): any;

/**
 * Requests a URL with DELETE. header is an object of name to array of texts. Returns {status, status_code, header, body, err}; when the network fails, status_code is 0 and err holds a text.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_delete_with_header("http://localhost/orders/1", { "X-Reason": ["demo"] })
 */
declare function http_delete_with_header(...args: any[]): any;

/**
 * Requests a URL. Returns {status, status_code, header, body, err}; when the network fails, status_code is 0 and err holds a text.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_get("http://localhost/status")
 */
declare function http_get(...args: any[]): any;

/**
 * Requests a URL. header is an object of name to array of texts. Returns {status, status_code, header, body, err}; when the network fails, status_code is 0 and err holds a text.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_get_with_header("http://localhost/status", { "X-Reason": ["demo"] })
 */
declare function http_get_with_header(...args: any[]): any;

/**
 * Patches a URL with a body. Returns {status, status_code, header, body, err}; when the network fails, status_code is 0 and err holds a text.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_patch("http://localhost/orders/1", "{}")
 */
declare function http_patch(...args: any[]): any;

/**
 * Patches a URL with a body. header is an object of name to array of texts. Returns {status, status_code, header, body, err}; when the network fails, status_code is 0 and err holds a text.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_patch_with_header("http://localhost/orders/1", "{}", { "X-Reason": ["demo"] })
 */
declare function http_patch_with_header(...args: any[]): any;

/**
 * Posts a body to a URL. Returns {status, status_code, header, body, err}; when the network fails, status_code is 0 and err holds a text.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_post("http://localhost/orders", JSON.stringify({ pens: 2 }))
 */
declare function http_post(...args: any[]): any;

/**
 * Posts a body to a URL. header is an object of name to array of texts. Returns {status, status_code, header, body, err}; when the network fails, status_code is 0 and err holds a text.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_post_with_header("http://localhost/orders", JSON.stringify({ pens: 2 }), { "X-Reason": ["demo"] })
 */
declare function http_post_with_header(...args: any[]): any;

/**
 * Puts a body to a URL. Returns {status, status_code, header, body, err}; when the network fails, status_code is 0 and err holds a text.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_put("http://localhost/orders/1", "{}")
 */
declare function http_put(...args: any[]): any;

/**
 * Puts a body to a URL. header is an object of name to array of texts. Returns {status, status_code, header, body, err}; when the network fails, status_code is 0 and err holds a text.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_put_with_header("http://localhost/orders/1", "{}", { "X-Reason": ["demo"] })
 */
declare function http_put_with_header(...args: any[]): any;

/**
 * Signed tokens: sign(claims, key, {algorithm, expiresIn, notBefore, issuer, audience, subject, id, kid}), verify(token, key, {algorithms, issuer, audience, subject, leeway, requireExpiry}) returns the claims or throws, decode(token) reads without checking. A key is a secret (HS256…), a PEM text (RS256…, PS256…, ES256…, Ed25519 or EdDSA), a JWK, {keys: […]} or {jwks: url}; the kind of the key decides which algorithms may sign. The set of a URL is cached for 10 minutes for all runs; if it cannot be refreshed, it is used for up to an hour after the fetch. Times are seconds or texts such as "15m", "2h", "7d". An option that is null, undefined or empty is an error: what it restricts would not be checked.
 * @example
 * const token = jwt.sign({ user: "ada" }, "a long random secret of the shop", { expiresIn: "15m", issuer: "shop" })
 * payload.user = jwt.verify(token, "a long random secret of the shop", { issuer: "shop" }).user
 */
declare const jwt: {
  decode(...args: any[]): any;
  sign(...args: any[]): any;
  verify(...args: any[]): any;
};

/**
 * Values that outlive the run, stored in the database for the app: get(key, otherwise), set(key, value, ttlSeconds), incr(key, by, ttlSeconds) → the sum, also with concurrent runs, delete(key) → whether it existed. Values are JSON, up to 256 KiB; without a time to live they do not expire.
 * @example
 * kv.set("last_order", { id: payload.id }, 3600)
 * payload.last = kv.get("last_order", null)
 * if (kv.incr("tries:" + wid, 1, 60) > 5) { next = "output_2" }
 * kv.delete("last_order")
 */
declare const kv: {
  delete(...args: any[]): any;
  get(...args: any[]): any;
  incr(...args: any[]): any;
  set(...args: any[]): any;
};

/**
 * Writes to the server's log with searchable fields: info, warn, error, debug(message, fields). An app that defines a log() of its own uses logger instead.
 * @example
 * log.info("order placed", { id: 7, total: 12.5 })
 */
declare const log: {
  debug(...args: any[]): any;
  error(...args: any[]): any;
  info(...args: any[]): any;
  warn(...args: any[]): any;
};

/**
 * Writes to the server's log with searchable fields: info, warn, error, debug(message, fields).
 * @example
 * logger.info("order placed", { id: 7, total: 12.5 })
 */
declare const logger: {
  debug(...args: any[]): any;
  error(...args: any[]): any;
  info(...args: any[]): any;
  warn(...args: any[]): any;
};

/**
 * Sends a mail by the server of [mail]. mail.send waits until the server has accepted it and throws when it does not; mail.sendAsync returns immediately and logs failures. Addresses are text ("Ada <ada@example.com>, bob@example.com") or arrays; template is the name of a template of the app, rendered over data as the html; attachments are {name, content, type} with text or bytes, or {path, name, type} of a file below the files directory (needs enable_filesystem); one with a cid is shown inside the html, which names it: cid: "logo" and <img src="cid:logo">.
 * @example
 * mail.send({
 *   to: ["Ada <ada@example.com>"],
 *   subject: "Your order",
 *   text: "Thank you!",
 *   html: "<p>Thank you!</p>",
 *   attachments: [{ name: "order.csv", content: "pens;2\n", type: "text/csv" }],
 *   headers: { "X-Order": "7" },
 * })
 */
declare const mail: {
  send(...args: any[]): any;
  sendAsync(...args: any[]): any;
};

/**
 * Sets the mail server for the rest of this run; from is the sender and the user. Without a password it does not log in.
 * Needs [vm_pool] enable_network.
 * @example
 * mail_config("localhost", 25, "shop@example.com", "")
 */
declare function mail_config(...args: any[]): any;

/**
 * Renders a Mustache template over data, escaped for HTML; {{{html}}} prints HTML unescaped, {{>name}} includes a stored template, indented as its tag, up to 100 deep. Numbers, lists and objects print as in JavaScript, {{list.0}} and {{#list.length}} look into lists; a function is called, and one that a section's function returns gets (text, render), as in mustache.js.
 * @example
 * c.HTML(200, mustache("<h1>Hello {{name}}</h1>", { name: "Ada" }))
 */
declare function mustache(...args: any[]): any;

/**
 * A new empty object.
 * @example
 * const m = new_map(); m.a = 1
 */
declare function new_map(...args: any[]): any;

/**
 * The output to continue at, "output_1" before each node. A name without a connection ends the run.
 * @example
 * next = "output_2"
 */
declare let next: any;

/**
 * The parameters of the node, a copy.
 * @example
 * const field = nflow_data.field
 */
declare const nflow_data: any;

/**
 * The path of the request, without the part that names a continuation.
 * @example
 * payload.action = nflow_endpoint
 */
declare const nflow_endpoint: any;

/**
 * Asks a model that Ollama serves and returns its text; system and prompt are Mustache templates over data. An empty baseURL or model means that of [ai.ollama]; another baseURL needs enable_network.
 * @example
 * payload.answer = ollama("", "Be brief.", "Greet {{name}}", "llama3.2", { name: "Ada" })
 */
declare function ollama(...args: any[]): any;

/**
 * Returns all values of a named session as an object, {} when there are none. Changes take effect with save_session.
 * @example
 * const cart = open_session("cart")
 */
declare function open_session(...args: any[]): any;

/**
 * Returns the values of the form in progress: session "nflow_form".
 * @example
 * const typed = open_session_form()
 */
declare function open_session_form(...args: any[]): any;

/**
 * Asks an OpenAI model and returns its text; system and prompt are Mustache templates over data. An empty key or model means that of [ai.openai]; its base_url is used.
 * @example
 * payload.answer = openai("", "Be brief.", "Greet {{name}}", "gpt-4o-mini", { name: "Ada" })
 */
declare function openai(...args: any[]): any;

/**
 * The same as vars.
 * @example
 * payload.id = path_vars.id
 */
declare const path_vars: any;

/**
 * The payload of the run: an object that each node passes to the next. Keys stay until a node deletes them; `payload.break = true` waits for the visitor.
 * @example
 * payload.total = 3
 */
declare let payload: any;

/**
 * now() returns the milliseconds since performance was first named in the run, which was at timeOrigin.
 * @example
 * payload.fast = performance.now() < 1000
 */
declare const performance: {
  now(...args: any[]): any;
  timeOrigin: any;
};

/**
 * The JSON body, the first value of each key of a form, the text of a text body, or the bytes of any other body as a Uint8Array. c.Body() and c.BodyText() return the raw body. Bytes that mean nothing in the charset are an error in JSON and U+FFFD in other texts, forms and queries, as in browsers; c.Body() has them.
 * @example
 * if (post_data) { payload.order = post_data.order }
 */
declare const post_data: any;

/**
 * The id of the node before, "" at the first.
 * @example
 * const id = prev_box
 */
declare const prev_box: any;

/**
 * In auth(): the profile as it was when the script first read it. Elsewhere use get_profile().
 * @example
 * const guest = !profile.username
 */
declare const profile: any;

/**
 * Calls a function when the code that runs now has ended, as a promise does.
 * @example
 * queueMicrotask(() => console.log("later"))
 */
declare function queueMicrotask(...args: any[]): any;

/**
 * The Redis server of [redis]: get(key) returns text or null, set(key, value, seconds) stores a value, without seconds for good, incr(key, by) adds to a number, expire(key, seconds) reports whether the key existed, del(...keys) how many existed, publish(channel, message) how many subscribers got it. Objects are stored as JSON.
 * @example
 * redis.set("greeting", "hello", 60); const greeting = redis.get("greeting")
 */
declare const redis: {
  del(...args: any[]): any;
  expire(...args: any[]): any;
  get(...args: any[]): any;
  incr(...args: any[]): any;
  publish(...args: any[]): any;
  set(...args: any[]): any;
};

/**
 * Sets the time to live of a Redis key; val() reports whether the key existed. Returns val(), err() (null, or a text) and result(), which returns the value or throws.
 * @example
 * redis_expire("cart", 60)
 */
declare function redis_expire(...args: any[]): any;

/**
 * Removes fields of a Redis hash. Returns val(), err() (null, or a text) and result(), which returns the value or throws.
 * @example
 * redis_hdel("cart", "a")
 */
declare function redis_hdel(...args: any[]): any;

/**
 * Reads a field of a Redis hash; val() is "" when there is none. Returns val(), err() (null, or a text) and result(), which returns the value or throws.
 * @example
 * const v = redis_hget("cart", "a").val()
 */
declare function redis_hget(...args: any[]): any;

/**
 * Sets a field of a Redis hash; more fields and values may follow. Returns val(), err() (null, or a text) and result(), which returns the value or throws.
 * @example
 * redis_hset("cart", "a", "1")
 */
declare function redis_hset(...args: any[]): any;

/**
 * Returns the exports of a module: assert, buffer, console, crypto, events, path, querystring, url, util, a module of the app by its name, or an npm package below node_modules beside the app that [vm_pool] allowed_modules names (its subpaths too, as in "dayjs/plugin/utc"). import statements load the same. The code of a module runs once per run. Paths are not accepted.
 * @example
 * const path = require("path")
 * const { createHash } = require("crypto")
 * payload.name = path.basename("/orders/7.json", ".json")
 * payload.etag = createHash("sha256").update("text").digest("hex")
 */
declare const require: {
  (...args: any[]): any;
  cache: any;
};

/**
 * Adds a function to the rules and expressions of this run.
 * @example
 * rule_add_fx("vat", price => price * 1.21)
 */
declare function rule_add_fx(...args: any[]): any;

/**
 * Runs rules over an input, in order, and returns the result of each. A rule is text: "when CONDITION then NAME = VALUE; NAME = VALUE" or "NAME = VALUE" writes to the output and returns whether it applied; an expression alone returns its value. The keys of the input are the variables; input and output are the objects themselves.
 * @example
 * const output = new_map()
 * const seen = rule_run({ age: 20, total: 120 }, output,
 *   "age >= 18",
 *   "when total > 100 then discount = 0.1; level = 'gold'",
 *   "when output.discount > 0 then price = total * (1 - output.discount)")
 * payload.price = output.price
 */
declare function rule_run(...args: any[]): any;

/**
 * Expressions stored as text, such as in a database: eval(expression, data) returns their value. The keys of data are the variables; the language is Expr's (and, or, not, in, matches, ??, ?:, filter, map, sum, any, all, len …), with the functions that rule_add_fx added.
 * @example
 * payload.discount = rules.eval("total > 100 and customer.level in ['gold', 'silver'] ? 0.1 : 0", { total: 120, customer: { level: "gold" } })
 * payload.expensive = rules.eval("map(filter(items, .price > 10), .name)", { items: [{ name: "pen", price: 12 }] })
 */
declare const rules: {
  eval(...args: any[]): any;
};

/**
 * Replaces all values of a named session with those of an object.
 * @example
 * const cart = open_session("cart"); cart.items = [1, 2]; save_session("cart", cart)
 */
declare function save_session(...args: any[]): any;

/**
 * Passwords and keys outside of flows: get(name, otherwise) looks for the environment variable NFLOW_SECRET_NAME (name in capitals, _ for - and .), then for a file of that name in the directory of secrets, then in the database. The value is hidden in the run's log.
 * @example
 * const key = secrets.get("payments-key", "")
 * if (!key) { next = "output_2" }
 */
declare const secrets: {
  get(...args: any[]): any;
};

/**
 * The global object, as browsers name it.
 * @example
 * payload.same = self === globalThis
 */
declare const self: any;

/**
 * Sends a mail and waits; format is "html" or "text". attachment is "", the path of a file below the files directory, or {name, content, type}. The last two may be exchanged.
 * @example
 * send_mail("ada@example.com", "Hello", "<p>Hello</p>", "", "html")
 */
declare function send_mail(...args: any[]): any;

/**
 * As send_mail, but in the background: it returns immediately, and failures are logged.
 * @example
 * send_mail_async("ada@example.com", "Hello", "Hello", "", "text")
 */
declare function send_mail_async(...args: any[]): any;

/**
 * Sends a one-time code to a phone number (as +34600000000) by Twilio. Returns true, also when Twilio is disabled. Throws when the code cannot be sent.
 * @example
 * send_otp("+34600000000")
 */
declare function send_otp(...args: any[]): any;

/**
 * Calls a function again and again, while async main() waits for a promise. Returns an id for clearInterval.
 * @example
 * async function main() { await new Promise(done => { const id = setInterval(() => { clearInterval(id); done() }, 5) }) }
 */
declare function setInterval(...args: any[]): any;

/**
 * Calls a function later, while async main() waits for a promise. Returns an id for clearTimeout.
 * @example
 * async function main() { await new Promise(done => setTimeout(done, 5)) }
 */
declare function setTimeout(...args: any[]): any;

/**
 * Sets an environment variable of the server: all runs see it.
 * Needs [vm_pool] enable_process.
 * @example
 * set_env("NFDEMO_REGION", "eu")
 */
declare function set_env(...args: any[]): any;

/**
 * Logs the visitor in: stores the profile, its values as text, and moves the session to a new id.
 * @example
 * set_profile({ username: "ada", rol: "ROL_USER" })
 */
declare function set_profile(...args: any[]): any;

/**
 * Stores a value, as text, under a key of a named session.
 * @example
 * set_session("cart", "coupon", "SPRING")
 */
declare function set_session(...args: any[]): any;

/**
 * Waits that many milliseconds, at most until the run ends.
 * @example
 * sleep(5)
 */
declare function sleep(...args: any[]): any;

/**
 * Writes text or bytes to a file below the configured directory and replaces its content.
 * Needs [vm_pool] enable_filesystem.
 * @example
 * string_to_file("note.txt", "hello")
 */
declare function string_to_file(...args: any[]): any;

/**
 * Returns a deep copy, with dates, maps, sets, bytes and circles. Functions and symbols throw a DataCloneError; nothing is transferred.
 * @example
 * payload.copy = structuredClone({ at: new Date(0), tags: new Set(["a"]) }).tags.size
 */
declare function structuredClone(...args: any[]): any;

/**
 * Renders a Go html/template over data. Values are escaped for their place in the page; {{.html | unescapeHTML}} prints HTML unescaped. Missing keys and null print nothing, and compare as nothing: gt, lt and eq with one are false. In a script an object prints as JSON, in its order; range goes over an object by its sorted keys: give Object.entries(object), a list, where order matters. Numbers print as in JavaScript; printf and comparisons take any number; len counts what length does.
 * @example
 * c.HTML(200, template("<h1>Hello {{.name}}</h1>", { name: "Ada" }))
 */
declare function template(...args: any[]): any;

/**
 * The day of the month, from 1.
 * @example
 * payload.at = time_now_day()
 */
declare function time_now_day(...args: any[]): any;

/**
 * The hour, 0 to 23.
 * @example
 * payload.at = time_now_hour()
 */
declare function time_now_hour(...args: any[]): any;

/**
 * The minute, 0 to 59.
 * @example
 * payload.at = time_now_minute()
 */
declare function time_now_minute(...args: any[]): any;

/**
 * The month, 1 to 12.
 * @example
 * payload.at = time_now_month()
 */
declare function time_now_month(...args: any[]): any;

/**
 * The second, 0 to 59.
 * @example
 * payload.at = time_now_second()
 */
declare function time_now_second(...args: any[]): any;

/**
 * Seconds since 1970.
 * @example
 * payload.at = time_now_unix()
 */
declare function time_now_unix(...args: any[]): any;

/**
 * Nanoseconds since 1970, as exact as a JavaScript number can be.
 * @example
 * payload.at = time_now_unix_nano()
 */
declare function time_now_unix_nano(...args: any[]): any;

/**
 * The day of the week: 0 is Sunday, 6 Saturday.
 * @example
 * payload.at = time_now_weekday()
 */
declare function time_now_weekday(...args: any[]): any;

/**
 * The year.
 * @example
 * payload.at = time_now_year()
 */
declare function time_now_year(...args: any[]): any;

/**
 * The address of this server as configured in [url] url_base, for links in mails.
 * @example
 * const link = url_base + "/signup"
 */
declare const url_base: any;

/**
 * Converts an object of name to array, as c.QueryParams() returns it, to an object of name to first value.
 * @example
 * const query = url_values_to_map(c.QueryParams())
 */
declare function url_values_to_map(...args: any[]): any;

/**
 * A new random UUID.
 * @example
 * payload.id = uuid()
 */
declare function uuid(...args: any[]): any;

/**
 * Checks data against a JSON Schema (2020-12, formats included) and returns {valid, errors: [{path, message}]}. A path is a JSON pointer such as /items/0/price. $ref reaches only into the schema itself. Patterns are regular expressions of ECMAScript with flag u, properties by the tables of Unicode 17; syntax of other languages is refused; so is a keyword or format that is nearly one of the standard. Formats: date-time, date, time, duration, email, idn-email, hostname, idn-hostname, ipv4, ipv6, uri, uri-reference, iri, iri-reference, uri-template, uuid, json-pointer, relative-json-pointer, regex.
 * @example
 * const result = validate({ type: "object", required: ["email"], properties: { email: { type: "string", format: "email" } } }, payload)
 * if (!result.valid) { c.JSON(400, result.errors) }
 */
declare function validate(...args: any[]): any;

/**
 * Reports whether the request carries a valid API token of that name, in the header that the token names.
 * @example
 * if (!validate_token("api1")) { c.JSON(401, { error: "Unauthorized" }); next = "break" }
 */
declare function validate_token(...args: any[]): any;

/**
 * Reports whether the user exists, is active and has that password. After ten failures from one address it returns false for 15 minutes.
 * @example
 * if (!validate_user(payload.username, payload.password)) { next = "output_2" }
 */
declare function validate_user(...args: any[]): any;

/**
 * The variables of the path: for /orders/:id, vars.id.
 * @example
 * payload.id = vars.id
 */
declare const vars: any;

/**
 * Checks that a request is a webhook signed by its provider: verify(provider, secret, {tolerance}) returns true or false. It reads the raw body and compares in constant time. Providers: "github" (X-Hub-Signature-256), "stripe" (Stripe-Signature), "slack" (X-Slack-Signature) and "standard" (Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature, or the same with svix-; the secret is base64 after "whsec_", or a public key after "whpk_"). A message whose time differs by more than tolerance seconds (300) is refused. GitHub sends no time: store X-GitHub-Delivery to detect repeats. An unknown provider or option, or an empty secret, is a TypeError.
 * @example
 * // GitHub, Stripe, Slack, and any service that follows Standard Webhooks:
 * const github = webhook.verify("github", "the secret of the hook")
 * const stripe = webhook.verify("stripe", "whsec_abc", { tolerance: 600 })
 * const slack = webhook.verify("slack", "the signing secret of the app")
 * const standard = webhook.verify("standard", "whsec_YSBrZXkgb2YgMjQgYnl0ZXMsIHNvIHNvIQ==")
 * if (!github) { c.Error(401, "the signature is wrong") }
 */
declare const webhook: {
  verify(...args: any[]): any;
};

/**
 * The id of this run, also sent as header Nflow-Wid-1.
 * @example
 * console.log("run", wid)
 */
declare const wid: any;

/**
 * Stops the run with that id, also inside a loop or a sleep, on any instance. Returns whether it was running.
 * @example
 * const stopped = wkill("0a1b2c3d-0000-4000-8000-000000000000")
 */
declare function wkill(...args: any[]): any;

/**
 * XML as objects: parse(text) returns {root: …}, format(object, {indent, declaration}) makes text of that. An element with nothing but text is that text; else it is an object with "@name" for attributes, "#text" for its text and its children by name, an array where a name repeats. Blanks stay in an element without children. Prefixes stay part of names; a document type may name a file, which is not read; one with [ ] and entities of one's own are refused, and so is a text that XML cannot hold.
 * @example
 * const order = xml.parse('<order id="7"><item>pen</item><item>ink</item></order>').order
 * payload.items = order.item
 * payload.text = xml.format({ order: { "@id": 7, item: order.item } })
 */
declare const xml: {
  format(...args: any[]): any;
  parse(...args: any[]): any;
};

/**
 * YAML as values: parse(text, {all}) returns the document, or an array of all documents; format(value, {indent}) makes text. It is YAML 1.2: yes, no, on and off are texts, 0o17 is octal, and what begins with a needless 0, as 01234, stays text. So do dates, and whole numbers too large for a number of JavaScript. Aliases are followed and count as what they stand for. format quotes texts that older readers take for something else, such as yes, 12:30 and 1_000; indent is 2 to 9 (2).
 * @example
 * const config = yaml.parse("shop:\n  name: Pens\n  open: true\n  tags: [a, b]")
 * payload.shop = config.shop.name
 * payload.text = yaml.format({ name: "Pens", tags: ["a", "b"] })
 */
declare const yaml: {
  format(...args: any[]): any;
  parse(...args: any[]): any;
};
