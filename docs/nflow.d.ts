// The globals of nFlow's JavaScript nodes. Written by: nflow-runtime types

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
 * Output name to id of the node that it leads to.
 * @example
 * const id = __outputs.output_1
 */
declare const __outputs: any;

/**
 * Asks a language model and waits. provider is a NAME of [ai.NAME]; it may be left out when there is one. Give prompt, or messages: an array of {role: "user" | "assistant" | "system", content}. With data, system and prompt are Mustache templates over it. tools are {name, description, parameters, run}: parameters is a JSON Schema, run(args) is called when the model asks for it, in up to 8 rounds; a tool without run ends the call, and tool_calls of the answer tells what the model wants. json_schema makes the model answer JSON: it is checked against the schema and parsed in json. stream: true sends the text to the client as server-sent events, or piece by piece to onToken(text). timeout is in milliseconds. Answers {text, json, usage: {input, output, total}, tool_calls, model, finish}; finish is "stop", "length", "tool_calls" or "content_filter". Throws when there is no answer.
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
 * Encodes a string of bytes as base64, as browsers do.
 * @example
 * const encoded = btoa("hello")
 */
declare function btoa(...args: any[]): any;

/**
 * The request and its answer. Answers: JSON, JSONPretty, JSONP, JSONBlob, String, HTML, HTMLBlob, XML, XMLPretty, XMLBlob, Blob, Stream, File, Attachment, Inline, NoContent, Redirect, Error; the first one counts. In pieces: Write(text), Flush(), SSE(send => …), WebSocket(ws => …) with ws.receive() and ws.send(text). Request: Request(), Response(), IsTLS, IsWebSocket, Scheme, RealIP, Path, Param, ParamNames, ParamValues, QueryParam, QueryParams, QueryString, FormValue, FormParams, FormFile, MultipartForm, Cookie, Cookies, SetCookie, Get, Set, Bind, GetHeader, SetHeader.
 * @example
 * c.JSON(200, { hello: c.QueryParam("name") || "world" })
 */
declare const c: {
  Attachment(...args: any[]): any;
  Bind(...args: any[]): any;
  Blob(...args: any[]): any;
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
 * Whether the code is the one that was sent to that number. True when Twilio is disabled.
 * @example
 * if (!check_otp("+34600000000", "123456")) { next = "output_2" }
 */
declare function check_otp(...args: any[]): any;

/**
 * The JSON inside a Markdown code fence, as language models answer it; text without a fence comes back trimmed.
 * @example
 * const data = JSON.parse(clean_json('```json\n{"a":1}\n```'))
 */
declare function clean_json(...args: any[]): any;

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
 * Writes to the server's log: log, info, warn, error, debug. A first argument with %s, %d, %i, %f, %j, %o or %O is a format.
 * @example
 * console.log("order %s has %d lines", "A-1", 3, { paid: true })
 */
declare const console: {
  debug(...args: any[]): any;
  error(...args: any[]): any;
  info(...args: any[]): any;
  log(...args: any[]): any;
  warn(...args: any[]): any;
};

/**
 * Hashes, keys and ciphers: sha256(data) and sha1, sha384, sha512, hash(algorithm, data), hmac(algorithm, key, data), randomBytes(size), getRandomValues(typedArray), randomUUID(), timingSafeEqual(a, b), encrypt(key, data, {aad}) and decrypt(key, text, {aad, as}) with AES-GCM and a key of 16, 24 or 32 bytes. Digests are hexadecimal; a last argument "base64", "base64url" or "bytes" gives another form.
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
  timingSafeEqual(...args: any[]): any;
};

/**
 * Tables as text: parse(text, {header, separator, comment, trim, lazy}) gives an object for each row, by the names in the first row, or arrays with header: false (a list of names says that there is no such row); format(rows, {columns, header, separator, newline, bom, formulas}) makes text of objects or arrays; formulas: false keeps spreadsheets from running what a cell holds.
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
 * Dates with time zones: now(), format(date, pattern, zone), parse(text, pattern, zone) → Date, add(date, amount, unit, zone), diff(later, earlier, unit). Patterns are made of YYYY YY MMMM MMM MM M DD D dddd ddd HH H hh h mm m ss s SSS A a Z (+02:00) ZZ (+0200) X (unix) and [text]; a zone is a name such as "Europe/Madrid", "UTC" when left out. Units: year, month, week, day, hour, minute, second, millisecond.
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
 * The databases of [db.NAME]: db(name) is one of them, db itself is [db.default]. query(sql, params) answers an array of rows, one(sql, params) the first row or null, exec(sql, params) {rowsAffected, lastInsertId}, and transaction(fn) what fn(tx) returns: tx has query, one and exec, and all that they did is undone when fn throws or its promise is rejected. Parameters are $1, $2 … on every database.
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
 * Signs the visitor out.
 * @example
 * delete_profile()
 */
declare function delete_profile(...args: any[]): any;

/**
 * Forgets a named session.
 * @example
 * delete_session("cart")
 */
declare function delete_session(...args: any[]): any;

/**
 * Forgets the values of the form in progress.
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
 * Whether somebody is signed in.
 * @example
 * if (!exist_profile()) { next = "output_2" }
 */
declare function exist_profile(...args: any[]): any;

/**
 * Calls another service without waiting: answers a promise of a response with ok, status, statusText, url, redirected, headers.get/has/entries, and text(), json(), arrayBuffer() and bytes(), which are promises too. The promise fails with a TypeError when there is no answer. query, json, form, timeout and retries are as in http.
 * Needs [vm_pool] enable_network.
 * @example
 * async function main() {
 *   const [a, b] = await Promise.all([fetch("http://localhost/orders"), fetch("http://localhost/status")])
 *   payload.order = await a.json()
 *   payload.up = b.ok
 * }
 */
declare function fetch(...args: any[]): any;

/**
 * The text of a file below the configured directory ([vm_pool] filesystem_root).
 * Needs [vm_pool] enable_filesystem.
 * @example
 * string_to_file("note.txt", "hello"); payload.note = file_to_string("note.txt")
 */
declare function file_to_string(...args: any[]): any;

/**
 * The part of a value at a dotted path, as in "order.lines.0.price"; undefined when there is none.
 * @example
 * const first = find_element("order.lines.0", { order: { lines: ["pen"] } })
 */
declare function find_element(...args: any[]): any;

/**
 * Other flows of the app: call(pathOrName, payload) runs one as a run of its own, which ends with this one, and answers the payload that it leaves.
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
 * Asks a Gemini model and answers its text; prompt is a Mustache template over data. An empty key or model is that of [ai.gemini]; its base_url is used.
 * @example
 * payload.answer = gemini("", "Greet {{name}}", "gemini-2.5-flash", { name: "Ada" })
 */
declare function gemini(...args: any[]): any;

/**
 * The value of an environment variable of the server, empty when it is not set. The server's own (NFLOW_…) are not shown.
 * Needs [vm_pool] enable_process.
 * @example
 * const region = get_env("REGION") || "eu"
 */
declare function get_env(...args: any[]): any;

/**
 * The profile of who is signed in, {} when nobody is.
 * @example
 * const name = get_profile().username || "guest"
 */
declare function get_profile(...args: any[]): any;

/**
 * The value under a key of a named session, as text; "" when there is none.
 * @example
 * const coupon = get_session("cart", "coupon")
 */
declare function get_session(...args: any[]): any;

/**
 * The source of a stored template; "" when there is none, which the log tells.
 * @example
 * const source = get_template("page") || "<h1>{{.title}}</h1>"
 */
declare function get_template(...args: any[]): any;

/**
 * The API tokens of that name as an array, null when there is none.
 * @example
 * const tokens = get_token("api1") || []
 */
declare function get_token(...args: any[]): any;

/**
 * The user of that name as {id, username, rol, active}, without the password; null when there is none.
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
 * Calls another service and waits: http.get, http.post, http.put, http.patch, http.delete, and http.request with a method among its options. Answers {ok, status, statusText, headers, body, url, redirected, json(), text(), bytes()}; body is what as asks for: "text", "json" or "bytes". A status of 400 and more is an answer, no error; no answer at all throws. timeout is in milliseconds for each attempt (30000). retries (0) tries again after 429, 500, 502, 503, 504 and failures of the network, with growing pauses or as Retry-After says; POST and PATCH then carry an Idempotency-Key. redirect is "follow", "manual" or "error".
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
 * Requests a URL with DELETE. Answers {status, status_code, header, body, err}; a failing network is status_code 0 and a text in err.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_delete("http://localhost/orders/1")
 */
declare function http_delete(...args: any[]): any;

/**
 * Requests a URL with DELETE. header is an object of name to array of texts. Answers {status, status_code, header, body, err}; a failing network is status_code 0 and a text in err.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_delete_with_header("http://localhost/orders/1", { "X-Reason": ["demo"] })
 */
declare function http_delete_with_header(...args: any[]): any;

/**
 * Requests a URL. Answers {status, status_code, header, body, err}; a failing network is status_code 0 and a text in err.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_get("http://localhost/status")
 */
declare function http_get(...args: any[]): any;

/**
 * Requests a URL. header is an object of name to array of texts. Answers {status, status_code, header, body, err}; a failing network is status_code 0 and a text in err.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_get_with_header("http://localhost/status", { "X-Reason": ["demo"] })
 */
declare function http_get_with_header(...args: any[]): any;

/**
 * Patches a URL with a body. Answers {status, status_code, header, body, err}; a failing network is status_code 0 and a text in err.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_patch("http://localhost/orders/1", "{}")
 */
declare function http_patch(...args: any[]): any;

/**
 * Patches a URL with a body. header is an object of name to array of texts. Answers {status, status_code, header, body, err}; a failing network is status_code 0 and a text in err.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_patch_with_header("http://localhost/orders/1", "{}", { "X-Reason": ["demo"] })
 */
declare function http_patch_with_header(...args: any[]): any;

/**
 * Posts a body to a URL. Answers {status, status_code, header, body, err}; a failing network is status_code 0 and a text in err.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_post("http://localhost/orders", JSON.stringify({ pens: 2 }))
 */
declare function http_post(...args: any[]): any;

/**
 * Posts a body to a URL. header is an object of name to array of texts. Answers {status, status_code, header, body, err}; a failing network is status_code 0 and a text in err.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_post_with_header("http://localhost/orders", JSON.stringify({ pens: 2 }), { "X-Reason": ["demo"] })
 */
declare function http_post_with_header(...args: any[]): any;

/**
 * Puts a body to a URL. Answers {status, status_code, header, body, err}; a failing network is status_code 0 and a text in err.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_put("http://localhost/orders/1", "{}")
 */
declare function http_put(...args: any[]): any;

/**
 * Puts a body to a URL. header is an object of name to array of texts. Answers {status, status_code, header, body, err}; a failing network is status_code 0 and a text in err.
 * Needs [vm_pool] enable_network.
 * @example
 * const r = http_put_with_header("http://localhost/orders/1", "{}", { "X-Reason": ["demo"] })
 */
declare function http_put_with_header(...args: any[]): any;

/**
 * Signed tokens: sign(claims, key, {algorithm, expiresIn, notBefore, issuer, audience, subject, id, kid}), verify(token, key, {algorithms, issuer, audience, subject, leeway, requireExpiry}) gives the claims or throws, decode(token) reads without checking. A key is a secret (HS256…), a PEM text (RS256…, PS256…, ES256…, EdDSA), a JWK, {keys: […]} or {jwks: url}; the kind of the key decides which algorithms may sign. Times are seconds or texts such as "15m", "2h", "7d".
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
 * Values that outlive the run, kept in the database for the app: get(key, otherwise), set(key, value, ttlSeconds), incr(key, by, ttlSeconds) → the sum, also when many runs count at once, delete(key) → whether there was one. Values are what JSON can say, up to 256 KiB; without a time to live they stay.
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
 * Writes to the server's log with fields that can be searched for: info, warn, error, debug(message, fields). An app that defines a log() of its own uses logger instead.
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
 * Writes to the server's log with fields that can be searched for: info, warn, error, debug(message, fields).
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
 * Sends a mail by the server of [mail]. mail.send waits until the server has taken it and throws when it does not; mail.sendAsync answers at once and reports failures in the log. Addresses are text ("Ada <ada@example.com>, bob@example.com") or arrays; template is the name of a template of the app, rendered over data as the html; attachments are {name, content, type} with text or bytes, or {path, name, type} of a file below the files directory (needs enable_filesystem).
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
 * Names the mail server for the rest of this run; from is the sender and the user. Without password there is no login.
 * Needs [vm_pool] enable_network.
 * @example
 * mail_config("localhost", 25, "shop@example.com", "")
 */
declare function mail_config(...args: any[]): any;

/**
 * Renders a Mustache template over data, escaped for HTML; {{{html}}} prints HTML as it is, {{>name}} includes a stored template.
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
 * The output to go on at, "output_1" before each node. A name without a connection ends the run.
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
 * Asks a model that Ollama serves and answers its text; system and prompt are Mustache templates over data. An empty baseURL or model is that of [ai.ollama]; another baseURL needs enable_network.
 * @example
 * payload.answer = ollama("", "Be brief.", "Greet {{name}}", "llama3.2", { name: "Ada" })
 */
declare function ollama(...args: any[]): any;

/**
 * All values of a named session as an object, {} when there are none. Changes take effect with save_session.
 * @example
 * const cart = open_session("cart")
 */
declare function open_session(...args: any[]): any;

/**
 * The values of the form in progress: session "nflow_form".
 * @example
 * const typed = open_session_form()
 */
declare function open_session_form(...args: any[]): any;

/**
 * Asks an OpenAI model and answers its text; system and prompt are Mustache templates over data. An empty key or model is that of [ai.openai]; its base_url is used.
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
 * The running payload: an object that travels from node to node. Keys stay until a node deletes them; `payload.break = true` waits for the visitor.
 * @example
 * payload.total = 3
 */
declare let payload: any;

/**
 * The JSON body as it is, or the first value of each key of a form.
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
 * The Redis server of [redis]: get(key) answers a text or null, set(key, value, seconds) keeps a value, for good without seconds, incr(key, by) adds to a number, expire(key, seconds) tells whether there was such a key, del(...keys) how many there were, publish(channel, message) how many got it. Objects are kept as JSON.
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
 * Lets a Redis key expire; val() tells whether there was one. Answers val(), err() (null, or a text) and result(), which is the value or throws.
 * @example
 * redis_expire("cart", 60)
 */
declare function redis_expire(...args: any[]): any;

/**
 * Removes fields of a Redis hash. Answers val(), err() (null, or a text) and result(), which is the value or throws.
 * @example
 * redis_hdel("cart", "a")
 */
declare function redis_hdel(...args: any[]): any;

/**
 * Reads a field of a Redis hash; val() is "" when there is none. Answers val(), err() (null, or a text) and result(), which is the value or throws.
 * @example
 * const v = redis_hget("cart", "a").val()
 */
declare function redis_hget(...args: any[]): any;

/**
 * Sets a field of a Redis hash; more fields and values may follow. Answers val(), err() (null, or a text) and result(), which is the value or throws.
 * @example
 * redis_hset("cart", "a", "1")
 */
declare function redis_hset(...args: any[]): any;

/**
 * Gives what a module exports: assert, buffer, console, crypto, events, path, querystring, url, util, a module of the app by its name, or an npm package below node_modules beside the app that [vm_pool] allowed_modules names (its subpaths too, as in "dayjs/plugin/utc"). import statements load the same. A module's code runs once per run. Paths are not taken.
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
 * Makes a function known to the rules and expressions of this run.
 * @example
 * rule_add_fx("vat", price => price * 1.21)
 */
declare function rule_add_fx(...args: any[]): any;

/**
 * Runs rules over an input, in order, and answers what each came to. A rule is text: "when CONDITION then NAME = VALUE; NAME = VALUE" or "NAME = VALUE" writes to the output and comes to whether it applied; an expression alone comes to its value. The keys of the input are the variables; input and output are the objects themselves.
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
 * Expressions kept as text, such as in a database: eval(expression, data) answers their value. The keys of data are the variables; the language is Expr's (and, or, not, in, matches, ??, ?:, filter, map, sum, any, all, len …), with the functions that rule_add_fx made known.
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
 * Passwords and keys that stand in no flow: get(name, otherwise) looks for the environment variable NFLOW_SECRET_NAME (name in capitals, _ for - and .), then for a file of that name in the directory of secrets, then in the database. The value is hidden in the run's log.
 * @example
 * const key = secrets.get("payments-key", "")
 * if (!key) { next = "output_2" }
 */
declare const secrets: {
  get(...args: any[]): any;
};

/**
 * Sends a mail and waits; format is "html" or "text". attachment is "", the path of a file below the files directory, or {name, content, type}. The last two may be exchanged.
 * @example
 * send_mail("ada@example.com", "Hello", "<p>Hello</p>", "", "html")
 */
declare function send_mail(...args: any[]): any;

/**
 * As send_mail, but in the background: it answers at once, and failures are in the log.
 * @example
 * send_mail_async("ada@example.com", "Hello", "Hello", "", "text")
 */
declare function send_mail_async(...args: any[]): any;

/**
 * Sends a one-time code to a phone number (as +34600000000) by Twilio. True; also when Twilio is disabled. Throws when it cannot be sent.
 * @example
 * send_otp("+34600000000")
 */
declare function send_otp(...args: any[]): any;

/**
 * Calls a function later, while async main() waits for a promise. Answers an id for clearTimeout.
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
 * Signs the visitor in: keeps the profile, its values as text, and gives the session a new id.
 * @example
 * set_profile({ username: "ada", rol: "ROL_USER" })
 */
declare function set_profile(...args: any[]): any;

/**
 * Keeps a value, as text, under a key of a named session.
 * @example
 * set_session("cart", "coupon", "SPRING")
 */
declare function set_session(...args: any[]): any;

/**
 * Waits that many milliseconds. The wait ends with the run.
 * @example
 * sleep(5)
 */
declare function sleep(...args: any[]): any;

/**
 * Writes text to a file below the configured directory, in place of what was there.
 * Needs [vm_pool] enable_filesystem.
 * @example
 * string_to_file("note.txt", "hello")
 */
declare function string_to_file(...args: any[]): any;

/**
 * Renders a Go html/template over data. Values are escaped for their place in the page; {{.html | unescapeHTML}} prints HTML as it is. Missing keys print nothing.
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
 * Of an object of name to array, as c.QueryParams() answers it, an object of name to first value.
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
 * Checks data against a JSON Schema (2020-12, formats included) and answers {valid, errors: [{path, message}]}. A path is a JSON pointer such as /items/0/price. $ref reaches only into the schema itself.
 * @example
 * const result = validate({ type: "object", required: ["email"], properties: { email: { type: "string", format: "email" } } }, payload)
 * if (!result.valid) { c.JSON(400, result.errors) }
 */
declare function validate(...args: any[]): any;

/**
 * Whether the request carries the valid API token of that name, in the header that the token names.
 * @example
 * if (!validate_token("api1")) { c.JSON(401, { error: "Unauthorized" }); next = "break" }
 */
declare function validate_token(...args: any[]): any;

/**
 * Whether the user exists, is active and has that password. After ten failures from one address it answers false for 15 minutes.
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
 * The id of this run, also sent as header Nflow-Wid-1.
 * @example
 * console.log("run", wid)
 */
declare const wid: any;

/**
 * Stops the run with that id, also inside a loop or a sleep, whichever instance it is on. True when it was alive.
 * @example
 * const stopped = wkill("0a1b2c3d-0000-4000-8000-000000000000")
 */
declare function wkill(...args: any[]): any;

/**
 * XML as objects: parse(text) gives {root: …}, format(object, {indent, declaration}) makes text of that. An element with nothing but text is that text; else it is an object with "@name" for attributes, "#text" for its text and its children by name, an array where a name repeats. Prefixes stay part of names; document types and entities of one's own are refused.
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
 * YAML as values: parse(text, {all}) gives the document, or an array of all documents; format(value, {indent}) makes text. Dates stay text; aliases are followed and count as what they stand for.
 * @example
 * const config = yaml.parse("shop:\n  name: Pens\n  open: true\n  tags: [a, b]")
 * payload.shop = config.shop.name
 * payload.text = yaml.format({ name: "Pens", tags: ["a", "b"] })
 */
declare const yaml: {
  format(...args: any[]): any;
  parse(...args: any[]): any;
};
