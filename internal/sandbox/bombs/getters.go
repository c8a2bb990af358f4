package bombs

// getters are bombs whose elements and properties are made when a native reads them.
func getters() (list []Bomb) {
	const made = `let n=0; const long=()=>'x'.repeat(1e6)+n++, into=o=>{ for(let i=0;i<400;i++) Object.defineProperty(o,i,{get:long,enumerable:true}); return o }, like=into({length:400}); `
	for _, call := range []string{
		`Object.values(like)`, `Object.entries(like)`, `Object.defineProperties({},Array(400).fill({get value(){ return long() }}))`, `(()=>1).apply(null,like)`, `Reflect.construct(Object,like)`, `Array.prototype.slice.call(like)`,
		`Array.prototype.toSorted.call(like)`, `Array.from(like)`, `[].concat(into([]))`, `new AggregateError(into([]))`, `new Map(Array(400).fill({get 0(){ return long() },get 1(){ return long() }}))`,
		`''.concat(...Array(400).fill({toString:long}))`, `Object.keys(new Proxy({},{ownKeys:()=>like}))`,
	} {
		list = append(list, Bomb{"getters, " + call, made + call})
	}
	return list
}
