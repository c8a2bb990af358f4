package bombs

// listed are bombs that have the keys listed of what has none of its own.
func listed() []Bomb {
	return []Bomb{
		{"freeze a text", `Object.freeze(Object('x'.repeat(2e7)))`},
		{"freeze an array", `Object.freeze(Array(2e6).fill(1))`},
		{"ask whether a text is sealed", `for(;;) Object.isSealed(Object('x'.repeat(2e7)))`},
		{"keys of a proxy of a text", `Object.keys(new Proxy(Object('x'.repeat(2e7)),{}))`},
		{"keys of a proxy of a proxy", `Reflect.ownKeys(new Proxy(new Proxy(new Uint8Array(2e7),{}),{}))`},
		{"for in a proxy", `for(const k in new Proxy(new Uint8Array(2e7),{})) break`},
		{"spread a proxy", `({...new Proxy(new Uint8Array(2e7),{})})`},
		{"rest of a proxy", `const {a,...rest}=new Proxy(Object('x'.repeat(2e7)),{})`},
		{"JSON.stringify a proxy", `JSON.stringify(new Proxy(new Uint8Array(2e7),{}))`},
		{"JSON.parse whose reviver leaves a proxy", `JSON.parse('[1,2]',function(k,v){ this[1]=new Proxy(new Uint8Array(2e7),{}); return v })`},
		{"keys where the length lies", `const u=new Uint8Array(2e7); Object.defineProperty(u,'length',{value:0}); Object.keys(u)`},
		{"JSON.stringify where the length lies", `const u=new Uint8Array(2e7); Object.defineProperty(u,'length',{value:0}); JSON.stringify(u)`},
		{"assign a proxy", `Object.assign({},new Proxy(Object('x'.repeat(2e7)),{}))`},
		{"define the properties of a proxy", `Object.defineProperties({},new Proxy(new Uint8Array(2e7),{}))`},
		{"create with the properties of a text", `Object.create({},Object('x'.repeat(2e7)))`},
	}
}
