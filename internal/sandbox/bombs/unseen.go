package bombs

import "strings"

// long makes a text that is new at each call.
const long = `let n=0; const long=()=>'x'.repeat(1e5)+n++;`

// unseen are bombs whose memory natives hold on their way, where no audit can see it.
func unseen() []Bomb {
	return []Bomb{
		{"map that grows", long + `Array(1e5).fill(0).map(long)`},
		{"map of arrays", `Array(1e6).fill(0).map(()=>new Array(1000).fill(1))`},
		{"map in a map", long + `Array(300).fill(0).map(()=>Array(300).fill(0).map(long))`},
		{"Array.from mapper that grows", long + `Array.from({length:1e5},long)`},
		{"Array.from a generator of long texts", long + `Array.from((function*(){ for(;;) yield long() })())`},
		{"Set of a generator of long texts", long + `new Set((function*(){ for(;;) yield long() })())`},
		{"Map of a generator of pairs", long + `new Map((function*(){ for(;;) yield [long(),long()] })())`},
		{"fromEntries of long texts", long + `Object.fromEntries((function*(){ for(;;) yield ['k'+n,long()] })())`},
		{"Promise.all of long texts", long + `Promise.all((function*(){ for(;;) yield long() })())`},
		{"spread of long texts", long + `Math.max(...(function*(){ for(;;) yield long() })())`},
		{"typed array of a generator", `new Uint8Array((function*(){ for(;;) yield 'x'.repeat(1e5) })())`},
		{"JSON.parse reviver that grows", long + `JSON.parse('['+'1,'.repeat(1e5)+'1]',long)`},
		{"JSON.parse reviver of objects", long + `JSON.parse('{'+Array.from({length:1e4},(_, i)=>'"k'+i+'":1').join()+'}',long)`},
		{"JSON.stringify of what is escaped", `JSON.stringify('\u0001'.repeat(6e7))`},
		{"JSON.stringify of escaped keys", `let k='\u0001'.repeat(1e6), o={}; for(let i=0;i<100;i++) o[k+i]=1; JSON.stringify(o)`},
		{"JSON.stringify with an indent", `let a=[1]; for(let i=0;i<900;i++) a=[a,1,1,1,1]; JSON.stringify(a,null,10)`},
		{"JSON.stringify of getters", `function o(){ return {get a(){ return o() },get b(){ return o() }} } JSON.stringify(o())`},
		{"JSON.stringify of toJSON that grows", long + `JSON.stringify(Array(1e5).fill({toJSON:long}))`},
		{"values of getters", long + `let o={}; for(let i=0;i<3e4;i++) Object.defineProperty(o,'k'+i,{enumerable:true,get:long}); Object.values(o)`},
		{"entries of a proxy", long + `Object.entries(new Proxy({},{ownKeys(){ return Array.from({length:3e4},(_, i)=>'k'+i) },getOwnPropertyDescriptor(){ return {enumerable:true,configurable:true} },get:long}))`},
		{"descriptors of a proxy", long + `Object.getOwnPropertyDescriptors(new Proxy({},{ownKeys(){ return Array.from({length:3e4},(_, i)=>'k'+i) },getOwnPropertyDescriptor(){ return {value:long(),enumerable:true,configurable:true} }}))`},
		{"assign from getters", long + `let o={}; for(let i=0;i<3e4;i++) Object.defineProperty(o,'k'+i,{enumerable:true,get:long}); Object.assign({},o)`},
		{"spread of getters", long + `let o={}; for(let i=0;i<3e4;i++) Object.defineProperty(o,'k'+i,{enumerable:true,get:long}); ({...o})`},
		{"slice of a proxy", long + `let p=new Proxy([],{get(t,k){ return k==='length' ? 1e5 : k==='constructor' ? undefined : long() },has(){ return true }}); [].slice.call(p)`},
		{"apply of getters", long + `let o={length:3e4}; for(let i=0;i<3e4;i++) Object.defineProperty(o,i,{get:long}); (()=>1).apply(null,o)`},
		{"concat of getters", long + `let o=[]; for(let i=0;i<3e4;i++) Object.defineProperty(o,i,{get:long}); [].concat(o)`},
		{"sort of getters", long + `let o={length:3e4}; for(let i=0;i<3e4;i++) Object.defineProperty(o,i,{get:long,set(){}}); [].sort.call(o)`},
		{"flatMap of long texts", long + `Array(1e5).fill(0).flatMap(()=>[long()])`},
		{"join of getters", long + `let o=[]; for(let i=0;i<3e4;i++) Object.defineProperty(o,i,{get:long}); o.join()`},
		{"species", `class A extends Array{ static get [Symbol.species](){ return function(n){ return new Array(3e7) } } } let a=new A(100), k=[]; for(;;) k.push(a.map(x=>x))`},
		{"reduce that doubles", `Array(64).fill('xxxxxxxx').reduce(a=>a+a)`},
		{"reduce that concatenates", `Array(64).fill([1,1]).reduce(a=>a.concat(a))`},
	}
}

// twists are bombs whose natives make much of little, or take long over it.
func twists() []Bomb {
	return []Bomb{
		{"long text that grows by little", `let s='x'.repeat(6e7), t; for(;;) t=s+'y'`},
		{"long text in front of little", `let s='x'.repeat(6e7), t; for(;;) t='y'+s`},
		{"longer and longer text", `let s='x'.repeat(3e7); for(;;) s+='y'`},
		{"long text and a name", `let s='x'.repeat(3e7), y='y', t; for(;;) t=y+s`},
		{"long text and a number", `let s='x'.repeat(1e7), t; for(;;) t=s+1`},
		{"long text in an object", `let o={s:'x'.repeat(2e7)}; for(;;) o.s+='y'`},
		{"long text that becomes wide", `let s='x'.repeat(1e7), t; for(;;) t=s+'ä'`},
		{"long text in a long chain", `let s='x'.repeat(5e6), t; for(;;) t=s` + strings.Repeat(`+'y'`, 100)},
		{"object that says a long text", `let s='x'.repeat(2e7), o={toString(){ return s }}, t; for(;;) t=o+'y'`},
		{"Math that says a long text", `let s='x'.repeat(1e6); Math.f=()=>s; for(;;) s=Math.f()+Math.f()`},
		{"long texts that are cut", `let s='x'.repeat(5e7), a=[]; for(let i=0;;i++) a.push(s.slice(i))`},
		{"long wide texts that are cut", `let s='ä'.repeat(2e7), a=[]; for(let i=0;;i++) a.push(s.substring(i))`},
		{"a tail of each long text", long + `let a=[]; for(;;) a.push(long().slice(-20))`},
		{"normalize", `'\ufdfa'.repeat(6e6).normalize('NFKD')`},
		{"toUpperCase of what becomes three", `'\u0390'.repeat(2e7).toUpperCase()`},
		{"encodeURIComponent again and again", `let s='é'.repeat(1000); for(;;) s=encodeURIComponent(s)+s`},
		{"split and join", `let s='x,'.repeat(1000); for(;;) s=s.split(',').join(',,x')`},
		{"replace that keeps", `let a=[]; 'x'.repeat(1e6).replace(/x/g,()=>{ a.push('y'.repeat(1e4)); return '' })`},
		{"groups of a pattern", `let r=new RegExp('(x?)'.repeat(5000)), a=[]; for(;;) a.push(r.exec('x'.repeat(5000)))`},
		{"matches that each look at all", `'x'.repeat(1e6).match(/x*y|x/g)`},
		{"replacements that each look at all", `'x'.repeat(1e6).replace(/x*y|x/g,'')`},
		{"splits that each look at all", `'x'.repeat(1e6).split(/x*y|x/)`},
		{"a large pattern on a large text", `new RegExp('(?:x{1,900}){1,9}y').test('x'.repeat(1e6))`},
		{"many groups on a long text", `new RegExp('(x?)'.repeat(2000)+'y').exec('x'.repeat(1e5))`},
		{"matchAll spread", `[...'x'.repeat(3e6).matchAll(/x/g)]`},
		{"patterns", `let a=[]; for(let i=0;;i++) a.push(new RegExp('(?:x{1,900}){1,9}'+i))`},
		{"patterns with back-references", `let a=[]; for(let i=0;;i++) a.push(new RegExp('(x)\\1'+'[a-z]'.repeat(5000)+i))`},
	}
}

// hoards keep what they make, each kind of object in turn, and play with what the language looks up.
func hoards() []Bomb {
	return []Bomb{
		{"await that grows", `async function main(){ let a=[]; for(;;){ await null; a.push(new Array(1000).fill(0)) } }`},
		{"promises that never settle", `let a=[]; for(;;) a.push(new Promise(()=>{}))`},
		{"reactions of one promise", `let p=new Promise(()=>{}); for(;;) p.then(()=>1)`},
		{"jobs that multiply", `function f(){ for(let i=0;i<100;i++) Promise.resolve(new Array(1000).fill(0)).then(f) } f()`},
		{"jobs that hold", long + `for(;;) Promise.resolve(long()).then(x=>x)`},
		{"async recursion", `async function f(){ const x=new Array(1000).fill(0); await null; await f(); return x } async function main(){ await f() }`},
		{"thenables", `let t={then(r){ r(t) }}; async function main(){ await t }`},
		{"thenables that grow", long + `let f=()=>{ const s=long(); return {then(r){ r(f()); s } } }; async function main(){ await f() }`},
		{"finally chain", `let p=Promise.resolve(); for(;;) p=p.finally(()=>p)`},
		{"generators kept", `let a=[]; for(;;){ const g=(function*(){ const x=new Array(1000).fill(0); yield x; yield x })(); g.next(); a.push(g) }`},
		{"generators in generators", `function* g(){ yield* g() } for(;;) try { g().next() } catch(e){}`},
		{"symbols of the registry", `for(let i=0;;i++) Symbol.for('x'.repeat(1000)+i)`},
		{"names of properties", `let o={}; for(let i=0;;i++){ o['x'.repeat(1000)+i]=1; delete o['x'.repeat(1000)+i] }`},
		{"errors in errors", `let e; for(;;) e=new Error('x',{cause:e})`},
		{"stacks kept", `let a=[]; function f(n){ if(n) f(n-1); else a.push(new Error('x')) } for(;;) f(400)`},
		{"arguments kept", `let a=[], b=Array(1000).fill(1); function f(){ a.push(arguments) } for(;;) f(...b)`},
		{"classes kept", `let a=[]; for(;;) a.push(class { m(){} static s=new Array(100).fill(0) })`},
		{"accessors kept", `let o={}; for(let i=0;;i++) Object.defineProperty(o,'k'+i,{get(){ return i },configurable:true})`},
		{"proxies kept", `let a=[]; for(;;) a.push(new Proxy(new Array(100).fill(0),{}))`},
		{"weak sets", `let s=new WeakSet(), a=[]; for(;;){ const o={}; a.push(o); s.add(o) }`},
		{"dates and boxes", `let a=[]; for(let i=0;;i++) a.push(new Date(i),Object(i),Object('x'+i))`},
		{"array of holes", `let a=[]; for(;;) a.push(Array(4000))`},
		{"length far out", `let a=[]; for(;;){ const b=[]; b[4000]=1; a.push(b) }`},
		{"unshift doubling", `let a=[1]; for(;;) a.unshift(...a)`},
		{"splice doubling", `let a=[1]; for(;;) a.splice(0,0,...a)`},
		{"push doubling by apply", `let a=[1]; for(;;) a.push.apply(a,a)`},
		{"buffers cut", `let b=new ArrayBuffer(6e7), a=[];` + strings.Repeat(`a.push(b.slice(1));`, 50)},
		{"typed arrays filled and mapped", `let b=new Float64Array(6e6), a=[];` + strings.Repeat(`a.push(b.map(x=>x));`, 20)},
		{"typed arrays joined", `new Float64Array(5e6).fill(1/3).join('x'.repeat(50))`},
		{"raw of getters", `String.raw({raw:{length:1e5,get 0(){ return 'x'.repeat(1e8) }}})`},
		{"fromCharCode", `let a=Array(1e5).fill(955), k=[]; for(;;) k.push(String.fromCharCode(...a))`},
		{"globals", `for(let i=0;;i++) globalThis['g'+i]=new Array(100).fill(0)`},
		{"prototype of everything", `Object.prototype.toJSON=function(){ return {a:{},b:{}} }; JSON.stringify({})`},
		{"next of all arrays", `Object.getPrototypeOf([][Symbol.iterator]()).next=()=>({done:false,value:'x'.repeat(1e6)}); [...[1]]`},
		{"join of all arrays", `Array.prototype.join=function(){ return this+'' }; for(;;) try { ''+[1] } catch(e){}`},
		{"constructor that answers itself", `function F(){ return new Proxy(F,{construct(){ return new F() }}) } for(;;) try { new (new F())() } catch(e){}`},
		{"instanceof that loops", `class A{ static [Symbol.hasInstance](){ for(;;); } } ({}) instanceof A`},
		{"toPrimitive that grows", `let o={[Symbol.toPrimitive](){ return 'x'.repeat(3e7) }}; let s=''; for(;;) s+=o`},
		{"labels of switch", `for(;;) switch(1){ case 1: case 2: default: }`},
		{"catch that throws", `function f(){ try { throw 1 } catch(e){ f() } finally { f() } } f()`},
		{"getter of a class field", `class A{ static get x(){ return this.x } } for(;;) try { A.x } catch(e){}`},
	}
}
