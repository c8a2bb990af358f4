package sandbox

import (
	"strings"
	"testing"
)

// TestIterablesAreTakenOneByOne holds natives that iterate to what Node 20 answers: when elements are taken, when iterators are
// closed, and what rejects a promise in place of throwing.
func TestIterablesAreTakenOneByOne(t *testing.T) {
	t.Parallel()
	for _, c := range []nativeCase{
		{`const o=[]; const it={[Symbol.iterator](){return{next(){o.push("n");return{done:false,value:1}},return(){o.push("r");return{}}}}}; try{Array.from(it,()=>{throw 7})}catch(e){o.push(e)} return o`, `["n","r",7]`},
		{`const o=[]; function*g(){try{o.push(1);yield 1;o.push(2);yield 2}finally{o.push("f")}} const r=Array.from(g(),x=>{o.push("m"+x);return x*2}); return [o,r]`, `[[1,"m1",2,"m2","f"],[2,4]]`},
		{`const o=[]; const it={[Symbol.iterator](){let i=0;return{next(){o.push("n");return{done:i++>1,value:[i,i]}},return(){o.push("r");return{}}}}}; const m=new Map(it); return [o,[...m]]`, `[["n","n","n"],[[1,1],[2,2]]]`},
		{`const o=[]; const it={[Symbol.iterator](){let i=0;return{next(){o.push("n");return{done:false,value:i++}},return(){o.push("r");return{}}}}}; try{new Map(it)}catch(e){o.push(e.name)} return o`, `["n","r","TypeError"]`},
		{`const o=[]; const it={[Symbol.iterator](){let i=0;return{next(){o.push("n");return{done:false,value:i++}},return(){o.push("r");return{}}}}}; try{Object.fromEntries(it)}catch(e){o.push(e.name)} return o`, `["n","r","TypeError"]`},
		{`const o=[]; const it={[Symbol.iterator](){let i=0;return{next(){o.push("n");return{done:false,value:i++}},return(){o.push("r");return{}}}}}; try{new WeakSet(it)}catch(e){o.push(e.name)} return o`, `["n","r","TypeError"]`},
		{`function*g(){yield 1;throw new Error("x")} let sync=true; const p=Promise.all(g()); sync=false; return await p.catch(e=>[e.message,sync])`, `["x",false]`},
		{`function*g(){yield 1;throw new Error("x")} return [await Promise.race(g()).catch(e=>e.message), await Promise.allSettled(g()).catch(e=>e.message), await Promise.any(g()).catch(e=>e.message)]`, `["x","x","x"]`},
		{`const o=[]; for (const next of [undefined, 1, {}, null]) { const it={[Symbol.iterator](){return{next,return(){o.push("r");return{}}}}}; for (const f of [()=>{const [x]=it}, ()=>{const [x,...y]=it}, ()=>{let x;[x]=it}, ()=>{for(const x of it)break}, ()=>[...it], ()=>{const [,]=it}, ()=>{const [[x]]=it}, ()=>{function*g(){yield* it} g().next()}, ()=>new Uint8Array(it), ()=>Object.groupBy(it,x=>x), ()=>new Map(it), ()=>Array.from(it)]) try { f(); o.push("ok") } catch(e) { o.push(e.name) } await Array.fromAsync(it).catch(e=>o.push(e.name)); const []=it } return [...new Set(o)].join()+o.length`, `"TypeError,r56"`},
		{`const o=[]; const it={n:0,[Symbol.iterator](){o.push("i");return this},next(){o.push("n");return{done:this.n>1,value:this.n++}},return(){o.push("r");return{}}}; for(const x of it){o.push(x);break} it.n=0; const [a,b]=it; it.n=0; let c; const all=[c]=it; return [o,a,b,c,all===it]`, `[["i","n",0,"r","i","n","n","r","i","n","r"],0,1,0,true]`},
		{`const g=(function*(){yield 1;yield 2})(); const [a]=g; const m=new Map([[Symbol.iterator,1]]); const [[k]]=m; let n=0; for(const [,v] of m) n+=v; return [a,g.next().done,typeof k,n]`, `[1,true,"symbol",1]`},
		{`return await Promise.all(5).catch(e=>e.name)`, `"TypeError"`},
		{`return await Promise.all({[Symbol.iterator]:1}).catch(e=>e.name)`, `"TypeError"`},
		{`const o=[]; class P extends Promise{static resolve(x){o.push("res"+x);if(x===2)throw 9;return super.resolve(x)}} const it={[Symbol.iterator](){let i=0;return{next(){o.push("n");return{done:i++>3,value:i}},return(){o.push("r");return{}}}}}; const e=await P.all(it).catch(e=>e); return [o,e]`, `[["n","res1","n","res2","r"],9]`},
		{`const o=[]; const S=class extends Set{add(x){o.push(x);if(x===2)throw 4;return super.add(x)}}; const it={[Symbol.iterator](){let i=0;return{next(){return{done:false,value:++i}},return(){o.push("r");return{}}}}}; try{new S(it)}catch(e){o.push(e)} return o`, `[1,2,"r",4]`},
		{`const o=[]; class A extends Array{constructor(...a){super(...a);o.push(a.length)}} const r=A.from({length:2,0:1,1:2}); return [o,r instanceof A,r.length]`, `[[1],true,2]`},
		{`const o=[]; const it={[Symbol.iterator](){let i=0;return{next(){o.push("n"+i);return{done:i++>=2,value:i}},return(){o.push("r");return{}}}}}; const [a,...b]=it; return [a,b,o]`, `[1,[2],["n0","n1","n2"]]`},
		{`const o=[]; function*g(){try{yield 1;yield 2}finally{o.push("f")}} for(const x of g()){break} return o`, `["f"]`},
		{`const o=[]; const r=Array.from({length:3},(x,i)=>{o.push(i);return i*i}); return [o,r]`, `[[0,1,2],[0,1,4]]`},
		{`try{Array.from([1],5)}catch(e){return e.name}`, `"TypeError"`},
		{`try{Array.from(null)}catch(e){return e.name}`, `"TypeError"`},
		{`const t=Array.from.call(Object,[1,2]); return [t.length,t[0],Array.isArray(t)]`, `[2,1,false]`},
		{`const o=[]; const t=Array.from.call(function(){o.push(arguments.length);this.x=1},[1,2].values()); return [o,t]`, `[[0],{"0":1,"1":2,"x":1,"length":2}]`},
		{`const t=Array.from([1,2,3],function(x){return x*this.k},{k:2}); return t`, `[2,4,6]`},
		{`return Array.from("a😀b")`, `["a","😀","b"]`},
		{`return Array.from(new Map([[1,2]]))`, `[[1,2]]`},
		{`return Array.from({length:-1}).length`, `0`},
		{`const src=[1,2,3]; const r=Array.from(src,(x,i)=>{if(i===0)src.push(9);return x}); return r`, `[1,2,3,9]`},
		{`const r=new Uint8Array(new Set([1,300])); return [...r]`, `[1,44]`},
		{`const o=[]; try{ Uint8Array.from({[Symbol.iterator](){let i=0;return{next(){o.push("n");return{done:i++>1,value:i}},return(){o.push("r")}}}},()=>{throw 3})}catch(e){o.push(e)} return o`, `["n","n","n",3]`},
		{`const o=[]; const it={[Symbol.iterator](){let i=0;return{next(){o.push("n");if(i>1)throw 5;return{done:false,value:i++}},return(){o.push("r");return{}}}}}; try{Array.from(it)}catch(e){o.push(e)} return o`, `["n","n","n",5]`},
		{`const o=[]; const it={[Symbol.iterator](){return{next(){return{get done(){o.push("d");throw 6}}},return(){o.push("r");return{}}}}}; try{new Set(it)}catch(e){o.push(e)} return o`, `["d",6]`},
		{`const o=[]; const it={get [Symbol.iterator](){o.push("get");return function(){o.push("call");return[1][Symbol.iterator]()}}}; const r=[Array.from(it),[...it],new Set(it).size,Object.fromEntries([[1,2]])]; return [o,r]`, `[["get","call","get","call","get","call"],[[1],[1],1,{"1":2}]]`},
		{`return await Promise.all(new Set([1,Promise.resolve(2)]))`, `[1,2]`},
		{`const r=Object.fromEntries(new Map([["a",1]])); return r`, `{"a":1}`},
		{`try{new Map([1])}catch(e){return e.message.length>0&&e.name}`, `"TypeError"`},
		{`const m=new Map(Object.entries({a:1})); return [...m]`, `[["a",1]]`},
		{`class M extends Map{set(k,v){return super.set(k,v*2)}} return [...new M([["a",2]])]`, `[["a",4]]`},
		{`const o=[]; const p=new Proxy([1,2],{get(t,k,r){o.push(String(k));return Reflect.get(t,k,r)}}); const r=Array.from(p,x=>x+1); return [o,r]`, `[["Symbol(Symbol.iterator)","length","0","length","1","length"],[2,3]]`},
		{`const a = [1, 2]; a[Symbol.iterator] = function* () { yield 7 }; return [Array.from(a), new Set(a).size, Object.fromEntries([[1, a]])[1].length]`, `[[7],1,2]`},
	} {
		c.check(t)
	}
	for _, code := range []string{
		`new Map({ [Symbol.iterator]: () => ({ next: () => ({ value: [{}, 1] }) }) })`,
		`new WeakMap((function* () { for (;;) yield [{}, "x".repeat(100)] })())`,
		`Object.fromEntries((function* () { for (let i = 0;; i++) yield [i, i] })())`,
		`await Promise.all((function* () { for (;;) yield 1 })())`,
		`Array.from({ [Symbol.iterator]: () => ({ next: () => ({ value: 1 }) }) }, x => x)`,
		`new Set(new Proxy([], { get: (t, k) => k === Symbol.iterator ? function* () { for (;;) yield {} } : t[k] }))`,
	} {
		got := evaluated(t, "async function main() { for (let i = 0; i < 2; i++) try { "+code+" } catch (e) {} return 'ended' }")
		if !strings.Contains(got, "max_operations") && !strings.Contains(got, "max_memory_mb") {
			t.Errorf("%s\nended with %.200s", code, got)
		}
	}
}

// TestIteratorsWithoutNext holds each way to iterate to what Node 20 answers where an iterator has no method next: a TypeError that
// can be caught. Bare goja panics in Go.
func TestIteratorsWithoutNext(t *testing.T) {
	t.Parallel()
	const it = `const o = [], tried = f => { try { f(); o.push("ok") } catch (e) { o.push(e.name + (e.stack.includes("main") ? "" : e.stack)) } };
		const its = [undefined, 1, {}, null].map(next => ({[Symbol.iterator]() { return {next, return() { o.push("closed"); return {} }} }}));
		`
	for _, c := range []nativeCase{
		{it + `for (const it of its) for (const f of [([a]) => 1, ([[a]]) => 1, ([a] = 1, ...[b]) => 1, function ([a]) {}, function* ([a]) {}, class { constructor([a]) {} }, (class { static m([a]) {} }).m, ({set m([a]) {}, n([a]) {}}).n, (...[[a]]) => 1]) tried(() => f.prototype?.constructor === f ? new f(it) : f(it)); return [...new Set(o)].join() + o.length`, `"TypeError36"`},
		{it + `for (const it of its) { tried(() => { try { throw it } catch ([a]) {} }); tried(() => { try { throw {a: it} } catch ({a: [b]}) {} }); tried(() => { for (const [a] of [it]); }); tried(() => { for (const x of it); }); tried(() => { const {a: [b]} = {a: it} }); tried(() => { let b; [[b]] = [it] }); tried(() => { const [a = 1, [b] = it] = [] }) } return [...new Set(o)].join() + o.length`, `"TypeError28"`},
		{it + `for (const keys of [() => ({}), () => ({next: 1}), () => undefined, () => 5]) for (const m of ["union", "intersection", "difference", "symmetricDifference", "isSupersetOf", "isDisjointFrom"]) tried(() => new Set([1, 2])[m]({size: 1, has() {}, keys})); return [...new Set(o)].join() + o.length`, `"TypeError24"`},
		{it + `for (const it of its) { for (const F of [Map, Set, WeakMap, WeakSet, Uint8Array, Float64Array, BigInt64Array].filter(F => F)) tried(() => new F(it)); for (const f of [Array.from, Object.fromEntries, x => Object.groupBy(x, y => y), x => Map.groupBy(x, y => y), x => Math.max(...x), x => [...x], x => new Date(...x), x => Uint8Array.from(x), x => new AggregateError(x), x => Iterator.from(x).toArray()]) tried(() => f(it)); for (const f of ["all", "race", "any", "allSettled"]) o.push(await Promise[f](it).catch(e => e.name)) } return [...new Set(o)].join()`, `"TypeError"`},
		{it + `function* g(x) { yield* x } async function* h(x) { yield* x } for (const it of its) { tried(() => g(it).next()); o.push(await h(it).next().catch(e => e.name)); o.push(await (async ([a]) => 1)(it).catch(e => e.name)) } return [...new Set(o)].join() + o.length`, `"TypeError12"`},
		{it + `for (const it of its) { const [] = it; (([]) => 1)(it); try { throw it } catch ([]) {} } return o.length`, `12`},
		{`const o = []; delete Object.getPrototypeOf([].values()).next; const list = [([a]) => a, x => { for (const y of x) return y }, x => [...x]]; for (let i = 0; i < 3; i++) try { list[i]([1]) } catch (e) { o.push(e.name) } return o`, `["TypeError","TypeError","TypeError"]`},
		{`const o = []; const it = {n: 0, [Symbol.iterator]() { return this }, next() { return {done: this.n > 2, value: this.n++} }, return() { o.push("closed"); return {} }}; const f = ([a, b]) => a + b; return [f(it), f([5, 6]), f("ab"), f(new Set([1, 2])), o]`, `[1,11,"ab",3,["closed"]]`},
		{`const o = []; for (const result of [undefined, null, 1, "x", true, Symbol.iterator]) try { for await (const x of {[Symbol.asyncIterator]: () => ({next: () => result, return() { o.push("closed") }})}) o.push(x) } catch (e) { o.push(e.name + ": " + e.message) } return o`, `["TypeError: Iterator result undefined is not an object","TypeError: Iterator result null is not an object","TypeError: Iterator result 1 is not an object","TypeError: Iterator result x is not an object","TypeError: Iterator result true is not an object","TypeError: Iterator result a symbol is not an object"]`},
		{`const o = []; for await (const x of {[Symbol.asyncIterator]: () => ({n: 0, next() { return Promise.resolve({done: this.n > 1, value: this.n++}) }})}) o.push(x); for await (const {a, b: [c]} of [Promise.resolve({a: 1, b: [2]})]) o.push(a, c); return o`, `[0,1,1,2]`},
	} {
		c.check(t)
	}
}
