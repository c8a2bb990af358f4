package bombs

import "strings"

// computed are bombs whose lengths a script computes, behind a Proxy or a getter.
func computed() (list []Bomb) {
	const endless = `let p=new Proxy([],{get(t,k){ return k==='length' ? 2**53-1 : k==='constructor' ? undefined : k===Symbol.iterator ? t[k] : 'x'.repeat(1e4)+k },` +
		`has(){ return true },set(){ return true },deleteProperty(){ return true }}); `
	for _, call := range []string{
		`forEach(()=>{})`, `map(x=>[x])`, `filter(x=>1)`, `findLast(x=>0)`, `reduce((a,b)=>a+b)`, `includes(1)`, `splice(0)`, `splice(0,0,1)`,
		`shift()`, `unshift(1)`, `reverse()`, `fill(1)`, `copyWithin(0,1)`, `sort()`, `toSorted()`, `join()`, `flatMap(x=>[x,x])`, `concat([1])`,
	} {
		list = append(list, Bomb{"computed length, " + call, endless + `Array.prototype.` + strings.Replace(strings.Replace(call, "(", ".call(p,", 1), ",)", ")", 1)})
	}
	for _, taken := range []string{
		`[...p]`, `Array.from(p,x=>x)`, `new Map(p)`, `Promise.all(p)`, `new Float64Array(p)`, `Math.max.apply(null,p)`, `const [a,...r]=p`,
		`function* g(){ yield* p } for(const x of g());`, `String.raw({raw:p})`, `JSON.stringify(p)`,
	} {
		list = append(list, Bomb{"computed length, " + taken, endless + taken})
	}
	for _, taken := range []string{`[...p]`, `Array.from(p)`, `Promise.all(p)`, `Uint8Array.from(p)`, `for(const x of (function*(){ yield* p })());`} {
		list = append(list, Bomb{"large length behind a proxy, " + taken, `let p=new Proxy({length:2**53-1,[Symbol.iterator]:Array.prototype.values},{}); ` + taken})
	}
	return append(list,
		Bomb{"flat of itself behind a proxy", `let p=new Proxy([],{get(t,k){ return k==='length' ? 2 : k==='constructor' ? undefined : p },has(){ return true }}); for(;;) try { p.flat(Infinity) } catch(e){}`},
		Bomb{"map that calls itself behind a proxy", `let p=new Proxy([1],{get(t,k){ return t[k] }}), f=()=>p.map(f); for(;;) try { f() } catch(e){}`},
		Bomb{"sort that calls itself behind a proxy", `let p=new Proxy([2,1],{get(t,k){ return t[k] }}), f=()=>p.sort(f); for(;;) try { f() } catch(e){}`},
		Bomb{"join of itself behind a proxy", `let p=new Proxy([],{get(t,k){ return k==='length' ? 3 : {toString(){ return p.join() }} }}); for(;;) try { p.join() } catch(e){}`},
		Bomb{"species that never ends", `let q=new Proxy([],{defineProperty(){ for(;;); }}); class S extends Array{ static get [Symbol.species](){ return function(){ return q } } } S.from([[1]]).flat()`},
		Bomb{"long texts as arguments behind a proxy", `Math.max.apply(null,new Proxy([],{get(t,k){ return k==='length' ? 1e5 : 'x'.repeat(1e5)+k }}))`},
		Bomb{"raw texts behind a getter", `String.raw({get raw(){ return {length:1e6,get 0(){ return 'x'.repeat(1e7) },get 1(){ return 'x'.repeat(1e7) },get 2(){ return 'x'.repeat(1e7) }} }},'y','z')`},
		Bomb{"a length that grows while it is iterated", `let n=1,p=new Proxy([],{get(t,k){ return k==='length' ? ++n : k===Symbol.iterator ? t[k] : 1 }}); [...p]`},
		Bomb{"defineProperty replaced", `let p=new Proxy([1],{get(t,k){ return t[k] }}); Object.defineProperty=function f(){ return p.map(x=>x) }; for(;;) try { p.map(x=>x) } catch(e){}`},
	)
}
