// Package bombs lists the scripts that every release must survive. The sandbox's tests throw them at a VM and the
// end-to-end tests at a server; nothing else imports it.
package bombs

import (
	"fmt"
	"slices"
	"strings"
)

// Bomb is a script that would hang or kill a runtime without limits.
type Bomb struct{ Name, Code string }

// List returns all of them.
func List() []Bomb {
	return slices.Concat(known(), unseen(), listed(), shared(), computed(), hoards(), twists(), getters(), proxies())
}

// known are the bombs that runtimes of this kind were seen to die of.
func known() []Bomb {
	return slices.Concat(endless(), texts(), arrays(), lengths(), nested(), callbacks())
}

// endless are loops, recursion and growth that do not end.
func endless() []Bomb {
	return []Bomb{
		{"endless loop", `while(true){}`},
		{"endless loop with catch", `for(;;){try{(()=>{throw 1})()}catch(e){}}`},
		{"endless loop with finally", `function f(){ try { return 1 } finally { for(;;){} } } f()`},
		{"finally swallows", `function f(){ for(;;){ try { throw 1 } finally { continue } } } f()`},
		{"label continue", `a: while(true){ while(true){ continue a } }`},
		{"do while continue", `do { continue } while(true)`},
		{"recursion", `function f(){ f() } for(;;) try { f() } catch(e){}`},
		{"field initializers", `class Z{}; class A{x=new Z();y=new Z()} ` + fields(40) + ` new C39()`},
		{"array growth", `let a=[]; for(;;) a.push(new Array(1000).fill(0))`},
		{"array growth by index", `let a=[]; for(let i=0;;i++) a[i]=i+0.5`},
		{"string doubling", `let s='xxxxxxxx'; for(;;) s+=s`},
		{"string doubling without a loop", `let s='x'.repeat(1e6);` + strings.Repeat("s+=s;", 30)},
		{"string growth", `let s=''; for(;;) s+='xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'`},
		{"template doubling", "let s='x'; for(;;) s=`${s}${s}`"},
		{"template doubling without a loop", "let s='x'.repeat(1e6);" + strings.Repeat("s=`${s}${s}`;", 30)},
	}
}

// texts are texts that one call makes large.
func texts() []Bomb {
	return []Bomb{
		{"repeat", `'x'.repeat(2**30)`},
		{"repeat by valueOf", `let n=0; 'x'.repeat({valueOf(){ return n++ ? 2**30 : 1 }})`},
		{"repeat many", `let a=[];` + strings.Repeat(`a.push('x'.repeat(8e6));`, 300)},
		{"repeat computed", `let k='rep'+'eat'; 'x'[k](2**30)`},
		{"repeat by Reflect", `Reflect.apply(Reflect.get(String.prototype,'repeat'),'x',[2**30])`},
		{"repeat by descriptor", `Object.getOwnPropertyDescriptor(String.prototype,'repeat').value.call('x',2**30)`},
		{"repeat destructured", `const {['repe'+'at']:r}=''; r.call('x',2**30)`},
		{"padStart", `'x'.padStart(2**30)`},
		{"padEnd", `'x'.padEnd(2**30,'é')`},
		{"concat of strings", `let s='x'.repeat(1e6); ''.concat(...Array(1000).fill(s))`},
	}
}

// arrays are lists that one step makes large.
func arrays() []Bomb {
	return []Bomb{
		{"array fill", `new Array(1e9).fill(0)`},
		{"array fill to the limit", `let n=31e5; for(;;) Array(n).fill(1).length`},
		{"array join", `Array(2**28).join('x')`},
		{"array join unseen", `''+new Array(17e6)`},
		{"array join in a template", "`${new Array(3e7)}`"},
		{"array join of long", `let s='x'.repeat(1e6); Array(1000).fill(s).join()`},
		{"array join of objects", `let s='x'.repeat(1e6); Array(1e4).fill({toString(){return s}}).join()`},
		{"join of shared arrays", `let a=['xxxxxxxxxx']; for(let i=0;i<60;i++) a=[a,a]; String(a)`},
		{"join of deep arrays", `let a=[]; for(let i=0;i<200000;i++) a=[a]; String(a)`},
		{"toLocaleString of shared arrays", `let a=['x']; for(let i=0;i<60;i++) a=[a,a]; a.toLocaleString()`},
		{"ArrayBuffer", `new ArrayBuffer(2**31)`},
		{"ArrayBuffers", `let a=[];` + strings.Repeat(`a.push(new ArrayBuffer(8e6));`, 300)},
		{"Uint8Array", `new Uint8Array(2**31)`},
		{"Float64Array of a length", `new Float64Array({length:1e9})`},
		{"typed array from", `Uint8Array.from({length:1e9})`},
		{"typed sort", `new Uint8Array(3e7).map((v,i)=>i).sort()`},
		{"spread doubling", `let a=[1]; for(;;) a=[...a,...a]`},
		{"spread doubling without a loop", `let a=Array(1e5).fill(1);` + strings.Repeat("a=[...a,...a];", 20)},
		{"concat doubling", `let a=[1]; for(;;) a=a.concat(a)`},
		{"concat doubling without a loop", `let a=Array(1e5).fill(1);` + strings.Repeat("a=a.concat(a);", 20)},
		{"Map growth", `let m=new Map(); for(let i=0;;i++) m.set(i,i)`},
		{"Set growth", `let m=new Set(); for(let i=0;;i++) m.add('k'+i)`},
		{"object growth", `let o={}; for(let i=0;;i++) o['k'+i]=i`},
		{"object spread growth", `let o={}; for(let i=0;;i++) o={...o,['k'+i]:o}`},
		{"object spread of a string", `let s='x'.repeat(2e7); let o={...s}`},
		{"object rest of a string", `let {a,...o}='x'.repeat(2e7)`},
		{"object rest in parameters", `(({a,...o})=>o)('x'.repeat(2e7))`},
		{"array spread of a string", `let a=[...'x'.repeat(2e7)]`},
		{"array rest of a string", `(([a,...r])=>r)('x'.repeat(2e7))`},
		{"Array.from a string", `Array.from('x'.repeat(2e7))`},
		{"Set of a string", `new Set('x'.repeat(2e7))`},
	}
}

// lengths are natives that trust a length or an iterator.
func lengths() []Bomb {
	return []Bomb{
		{"split", `'x'.repeat(2e7).split('')`},
		{"split by pattern", `'x'.repeat(1e7).split(/(?:)/)`},
		{"match all", `'x'.repeat(1e7).match(/x/g)`},
		{"replace expansion", `'x'.repeat(1e5).replace(/x/g,'y'.repeat(1e5))`},
		{"replace expansion with $", "'x'.repeat(1e5).replace(/x/g,'$`$`$`')"},
		{"replaceAll expansion", `'x'.repeat(1e5).replaceAll('x','y'.repeat(1e5))`},
		{"replaceAll with $", `'x'.repeat(1e5).replaceAll('x',"$'$'")`},
		{"replace by function", `let y='y'.repeat(1e6); 'x'.repeat(1e5).replace(/x/g,()=>y)`},
		{"raw", `String.raw({raw:{length:1e9}},1)`},
		{"raw of long", `let s='x'.repeat(1e6); String.raw({raw:Array(1000).fill(s)})`},
		{"Array.from length", `Array.from({length:1e9})`},
		{"Array.from mapper", `Array.from({length:1e9},()=>0)`},
		{"Array.from generator", `Array.from((function*(){ for(;;) yield 1 })())`},
		{"Array.from native iterator", `Array.from({[Symbol.iterator](){ return {next:Object} }})`},
		{"spread native iterator", `[...{[Symbol.iterator](){ return {next:Object} }}]`},
		{"spread generator", `[...(function*(){ for(;;) yield 1 })()]`},
		{"spread growing array-like", `let o={length:1}, i=[].values.call(o); o.length=2**53-1; [...i]`},
		{"apply length", `(()=>1).apply(null,{length:1e9})`},
		{"Reflect.apply length", `Reflect.apply(()=>1,null,{length:2**53-1})`},
		{"Reflect.construct length", `Reflect.construct(Object,{length:2**53-1})`},
		{"length getter", `let n=0; Array.prototype.map.call({get length(){ return n++ ? 2**53-1 : 1 }},x=>x)`},
		{"indexOf on a huge length", `Array.prototype.indexOf.call({length:2**53-1},1)`},
		{"reverse on a huge length", `Array.prototype.reverse.call({length:2**53-1})`},
		{"sort on a huge length", `Array.prototype.sort.call({length:2**53-1})`},
		{"sparse indexOf", `let a=[]; a.length=4e9; a.indexOf(1)`},
		{"sparse map", `let a=[]; a.length=4e9; a.map(x=>x)`},
		{"proxy length", `let n=0; Array.prototype.includes.call(new Proxy([],{get(t,k){ return k==='length' ? (n++ ? 2**53-1 : 1) : undefined }}),1)`},
	}
}

// nested are data that is deep or shared, and patterns.
func nested() []Bomb {
	return []Bomb{
		{"JSON.parse deep", `JSON.parse('['.repeat(5e6))`},
		{"JSON.parse deep objects", `JSON.parse('{"a":'.repeat(1e6))`},
		{"JSON.parse wide", `JSON.parse('['+'[],'.repeat(3e6)+'[]]')`},
		{"JSON.stringify deep", `let a=[]; for(let i=0;i<300000;i++) a=[a]; JSON.stringify(a)`},
		{"JSON.stringify shared", `let a=[1]; for(let i=0;i<60;i++) a=[a,a]; JSON.stringify(a)`},
		{"JSON.stringify toJSON", `let o={toJSON(){ return {a:{toJSON:o.toJSON}} }}; JSON.stringify(o)`},
		{"JSON.stringify by replacer", `JSON.stringify({},(k,v)=>({a:1}))`},
		{"flat shared", `let a=[1]; for(let i=0;i<60;i++) a=[a,a]; a.flat(Infinity)`},
		{"flat deep", `let a=[1]; for(let i=0;i<300000;i++) a=[a]; a.flat(Infinity)`},
		{"flatMap shared", `let a=Array(1e5).fill(1); a.flatMap(()=>a)`},
		{"pattern with back-reference", `/(a+)+\1$/.test('a'.repeat(40)+'b')`},
		{"pattern with look-ahead", `/(?=(a+)+c)a/.test('a'.repeat(40)+'b')`},
		{"pattern with lastIndex", `let r=/(a+)+$/g; r.lastIndex=1; r.test('a'.repeat(40)+'b')`},
		{"pattern many times", `('a'.repeat(28)+'b').repeat(500).replace(/(?:(a+)+\1c)|b/g,'')`},
		{"pattern split", `('a'.repeat(28)+'b').repeat(500).split(/(?:(a+)+\1c)|b/)`},
		{"pattern from a string", `('a'.repeat(40)+'b').match('(a+)+\\1$')`},
	}
}

// callbacks are natives that call scripts, and chains of objects.
func callbacks() []Bomb {
	return []Bomb{
		{"sort with a lying comparator", `Array.from({length:1e6},(_, i)=>i).sort(()=>Math.random()-0.5)`},
		{"sort of millions", `let a=Array(1e6).fill(0); for(;;){ a=a.map((v,i)=>-i); a.sort() }`},
		{"comparator that loops", `[2,1].sort(()=>{for(;;){}})`},
		{"proxy that recurses", `let p=new Proxy({},{get(t,k,r){ return r[k] }}); for(;;) try { p.x } catch(e){}`},
		{"proxy of proxies", `let p={}; for(let i=0;i<1e6;i++) p=new Proxy(p,{}); p.x`},
		{"getters that grow", `let a=[]; let o={get x(){ a.push(new Array(100).fill(1)); return this.x }}; for(;;) try { o.x } catch(e){}`},
		{"promise chain", `let f=()=>Promise.resolve().then(f); async function main(){ await f() }`},
		{"promise chain without await", `function f(){ Promise.resolve().then(f) } f()`},
		{"promises of an iterator", `Promise.all((function*(){ for(;;) yield 1 })())`},
		{"generator that never ends", `for(let x of (function*(){ for(;;) yield 1 })());`},
		{"bind chain", `let f=()=>1; for(let i=0;i<1e6;i++) f=f.bind(null); f()`},
		{"__proto__ chain", `let o={}; for(let i=0;i<1e6;i++) o={__proto__:o}; o.x`},
		{"__proto__ of arrays", `let a=[]; a.__proto__={length:2**53-1}; Array.prototype.map.call(Object.create(a),x=>x)`},
		{"toString that loops", `({toString(){ for(;;){} }})+''`},
		{"valueOf that loops in a native", `'x'.repeat({valueOf(){ for(;;){} }})`},
		{"keys of a string", `Object.keys(Object('x'.repeat(2e7)))`},
		{"entries of a typed array", `Object.entries(new Uint8Array(2e7))`},
		{"fromEntries", `Object.fromEntries((function*(){ for(let i=0;;i++) yield ['k'+i,i] })())`},
		{"assign", `Object.assign({},'x'.repeat(2e7))`},
		{"getOwnPropertyDescriptors", `Object.getOwnPropertyDescriptors(Array(2e6).fill(1))`},
		{"native callbacks", `let s='x'.repeat(3e6); Array(1e6).fill(s).forEach(Function.prototype.call, String.prototype.toUpperCase)`},
		{"bound native in a loop of natives", `let s='x'.repeat(3e6), f=s.toUpperCase.bind(s); Array(1e6).fill(1).map(f)`},
		{"error growth", `let a=[]; for(;;) a.push(new Error('x'.repeat(1000)))`},
		{"closures", `let a=[]; for(;;){ let x=new Array(100).fill(1); a.push(()=>x) }`},
		{"escape", `escape('é'.repeat(3e7))`},
		{"lastIndexOf", `'a'.repeat(1e6).lastIndexOf('a'.repeat(5e5)+'b')`},
		{"symbol growth", `let a=[]; for(let i=0;;i++) a.push(Symbol('x'.repeat(100)+i))`},
		{"WeakMap growth", `let m=new WeakMap(), k={}; for(let i=0;;i++){ k={k}; m.set(k,new Array(100).fill(0)) }`},
	}
}

// fields makes classes whose construction doubles at each level, without a function's entry.
func fields(n int) string {
	var b strings.Builder
	b.WriteString("class C0{x=1;}")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "class C%d{x=new C%d();y=new C%d();}", i, i-1, i-1)
	}
	return b.String()
}
