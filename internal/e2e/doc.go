// Package e2e holds the tests that run the whole thing: the real binary, and flows written down as text that a flow
// author can read. Nothing imports it.
//
// A scenario, testdata/*.txtar, starts with a few words on what it shows. Its files:
//
//	flow.txt          the drawn flows, in short (below)
//	NODE.js, NODE.ts  the code of a node
//	default.js        the app's trigger script; triggers/auth.js the other place for auth()
//	modules/NAME.js   a module of the app's own; templates/NAME.html a page template
//	config.toml       the configuration
//	users.txt         NAME PASSWORD ROLE on each line
//	tokens.txt        NAME TOKEN, and maybe HEADER TYPE, on each line
//	requests.txt      the requests, and what must come back (below)
//
// A flow is written as
//
//	flow orders                              the nodes below belong to it; "home" when there is no such line
//	starter GET /orders/:id -> load          a starter and the node on its output_1; their ids are s1, s2, …
//	load js -> show, refuse                  a node with its type and the nodes on output_1, output_2, …; - is none
//	show module json                         a node that runs a module
//	  http_code = 201                        a parameter of the node above, as text
//	  depth := 3                             and as JSON
//
// Requests are separated by blank lines. "restart" alone stops the server and starts it anew on the same database.
//
//	POST /orders/7 (ana)                     the browser's name keeps visitors apart; there is one without a name
//	form name=Ana&name=Eva                   or: json {"a":1}, text …, multipart a=1
//	header X-Test: 1
//	-> 200                                   the status; what follows must hold too
//	body {"id":"7"}                          the whole response; several lines of it for several lines. No line: no body
//	body ~ "id":"\d"                         or a regular expression that it matches
//	header Content-Type: text/html           a header's value, or ~ and an expression; nothing for "must not be there"
//	visited load show                        the nodes that ran, in their order; checked where it is written
//	fork mail note                           those of a fork; there are no other forks
//	never secret                             must be in no part of the response
//	log ~ dropped                            an expression that the server's log matches
//
// "go test ./internal/e2e -update" writes what came back into status, body, visited and fork lines.
package e2e
