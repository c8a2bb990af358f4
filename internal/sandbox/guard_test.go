package sandbox

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// expressions give the same in a plain goja and behind the guards.
var expressions = []string{
	`[1,2,3].join()`, `[1,,3,null,undefined].join('-')`, `[[1,[2]],[3]].join(';')`, `[].join()`, `[1].join('x')`, `String([1,[2,3]])`,
	`'' + [1,2]`, "`${[1,[2,[3]]]}`", `Array.prototype.join.call({length:3,0:'a',2:'b'},'+')`, `(()=>{let a=[1];a.push(a);return a.join()})()`,
	`[1.5,new Date(0).getTime()].toLocaleString()`, `[{toString(){return 'x'}}].join()`, `[é='é','ü'].join('ö')`, `new Uint8Array([1,2,3]).join('-')`,
	`(()=>{let a=[1,2];Object.defineProperty(a,0,{get(){return 'g'}});return a.join()})()`,
	`[1,[2,[3,[4]]]].flat()`, `[1,[2,[3,[4]]]].flat(2)`, `[1,[2,[3,[4]]]].flat(Infinity)`, `[1,,[2,,3]].flat()`, `[[]].flat()`, `[1,[2]].flat(0)`,
	`[1,2].flatMap(x=>[x,[x*2]])`, `[1,2].flatMap((x,i,a)=>[i,a.length])`, `[1,2].flatMap(function(){return this.k},{k:7})`, `'ab'.split('').flatMap(x=>x)`,
	`[1,2].concat(3,[4,[5]])`, `[].concat({length:1,0:'x',[Symbol.isConcatSpreadable]:true})`, `[3,1,2].sort()`, `[3,1,10].sort((a,b)=>a-b)`, `[3,1,2].toSorted()`,
	`[1,2,3].map(String)`, `['1','2','3'].map(Number)`, `[1,2,3].map((x,i,a)=>x+i+a.length)`, `[1,2,3].filter(Boolean)`, `[1,2,3,4].reduce((a,b)=>a+b)`,
	`[1,2,3].splice(1,1)`, `[1,2,3].slice(-2)`, `[1,2,3].fill(0,1)`, `[1,2,3].indexOf(2)`, `[1,2,3].includes(NaN)`, `[1,2,3].at(-1)`, `[1,2,3].with(0,9)`,
	`[1,2,3].toSpliced(0,1)`, `[1,2,3].reverse()`, `[...[1,2],...'ab',...new Set([1]),...new Map([[1,2]])]`, `[...(function*(){yield 1;yield 2})()]`,
	`[...(function*(){let r=yield* (function*(){yield 1;return 2})();yield r;yield* [3];yield* 'ab'})()]`, `(()=>{let g=(function*(){try{yield* (function*(){try{yield 1}catch(e){yield e}})()}finally{yield 'f'}})();return [g.next(),g.throw('t'),g.return('r'),g.next()]})()`,
	`Math.max(...[1,2,3],...'45')`, `[...[1,2].entries()]`, `[...'a💩b']`, `(()=>{let [a,...r]=[1,2,3];return [a,r]})()`, `(()=>{let [a,...r]='xyz';return r})()`,
	`(([a,...r])=>r)([1,2,3])`, `(()=>{let {a,...r}={a:1,b:2};return r})()`, `({...{a:1},...'xy',...[7],...null})`, `(({a,...r})=>r)({a:1,b:2})`,
	`(()=>{let a,r;({a,...r}={a:1,b:2});return r})()`, `(()=>{let a,r;[a,...r]=[1,2];return r})()`,
	`(()=>{let log=[];let it={[Symbol.iterator](){return {next(){return {done:log.length>1,value:log.push(1)}},return(){log.push('r');return {}}}}};let [x]=it;return [x,log]})()`,
	`Array.from('abc')`, `Array.from({length:2,0:'a'})`, `Array.from(new Set([1,2]),x=>x*2)`, `Array.from([1,2,3],function(x){return x+this.k},{k:1})`, `Array.from(new Map([[1,2]]))`,
	`Array.of(1,2)`, `new Set('aab').size`, `[...new Map(Object.entries({a:1}))]`, `Object.fromEntries([['a',1]])`, `Object.fromEntries(new Map([['a',1]]))`,
	`Object.keys('ab')`, `Object.entries({a:1})`, `Object.assign({},'ab',null,{c:1})`, `Object.getOwnPropertyNames('ab')`, `Reflect.ownKeys({a:1})`,
	`Math.max.apply(null,[1,2])`, `Reflect.apply(Math.max,null,[1,2])`, `Reflect.construct(Date,[0]).getTime()`, `((a,b)=>a+b).bind(null,1)(2)`, `(function(){return this.x}).bind({x:1})()`,
	`(function f(a,b){}).bind(null,1).name`, `(function f(a,b){}).bind(null,1).length`, `new ((class A{constructor(x){this.x=x}}).bind(null,5))().x`,
	`'ab'.repeat(3)`, `'ab'.repeat(0)`, `'x'.padStart(5)`, `'x'.padEnd(5,'ab')`, `'x'.padStart(1)`, `'x'.padStart(3,'')`, `'a'.concat(1,null,[2])`, `'a,b,c'.split(',')`, `'a,b'.split(',',1)`, `'abc'.split('')`,
	`'abc'.split()`, `''.split('')`, `''.split(',')`, `'a1b2c'.split(/\d/)`, `'a1b2c'.split(/(\d)/)`, `'abc'.split(/(?:)/)`, `''.split(/x/)`, `''.split(/(?:)/)`, `'a  b'.split(/\s+/,1)`,
	`'aXbxc'.split(/x/i)`, `'abab'.split(/(?=b)/)`, `'aabbcc'.split(/(\w)\1/)`, `'a-b-'.split(/(?<=-)/)`, `'abc'.split(/(?=)/)`, `'test'.split(/(?=s)|(t)/)`,
	`'abcabc'.replace('b','[$&]')`, `'abcabc'.replaceAll('b','[$&]')`, "'abc'.replace('b',\"$`|$'|$$|$1\")", `'abcabc'.replace(/b/g,x=>x.toUpperCase())`, `'abcabc'.replaceAll('b',(m,i)=>i)`,
	`'2020-01'.replace(/(\d+)-(\d+)/,'$2/$1')`, `'2020-01'.replace(/(?<y>\d+)-(?<m>\d+)/,'$<m>/$<y>')`, `'aaa'.replace(/a/g,'$&$&')`, `'abc'.replace(/(?=b)/g,'|')`, `'aabb'.replace(/(.)\1/g,'<$1>')`,
	`'x'.replace(/x/,'$0$10$')`, `'abc'.replace(/(a)(b)?(z)?/,'[$1$2$3]')`, `'abab'.match(/b/g)`, `'abab'.match(/b/).index`, `'abab'.match(/z/g)`, `'abab'.match('b')`, `'aabb'.match(/(.)\1/g)`,
	`[...'a1b2'.matchAll(/\d/g)].map(m=>m[0]+m.index)`, `'abc'.search(/c/)`, `'abc'.search('z')`, `/a/y.exec('ba')`, `(()=>{let r=/a/g;r.test('aa');return r.lastIndex})()`, `/(?<x>a)/.exec('a').groups.x`,
	`RegExp('a').source`, `new RegExp('a','g').flags`, `new RegExp(/x/g,'i').flags`, `/a/ instanceof RegExp`, `'abc'.indexOf('c')`, `'abc'.includes('b',2)`, `'abc'.lastIndexOf('a')`,
	`'É'.normalize('NFD').length`, `'a'.localeCompare('b')`, `'ß'.toUpperCase()`, `encodeURIComponent('é &')`, `decodeURIComponent('%C3%A9')`, `escape('é')`, "String.raw`a\\n${1}b`",
	`JSON.parse('{"a":[1,{"b":null}]}')`, `JSON.parse('[1,2]',(k,v)=>Array.isArray(v)?v:v*2)`, `JSON.stringify({a:[1,'x',null,undefined,()=>1],b:undefined,d:new Date(0)})`, `JSON.stringify([undefined,NaN])`,
	`JSON.stringify({b:1,a:2,c:{a:1}},['a','c'])`, `JSON.stringify({b:1,a:[{a:1,z:2}]},['a'],2)`, `JSON.stringify({a:1,b:'x'},(k,v)=>typeof v==='number'?undefined:v)`, `JSON.stringify({a:[1,2]},null,2)`,
	`JSON.stringify('é"\n')`, `JSON.stringify({toJSON(){return 1}})`, `JSON.stringify(new Map([[1,2]]))`, `JSON.stringify(Object.create({a:1}))`, `JSON.stringify(undefined)`, `JSON.stringify({k:Object('s'),n:Object(1)})`,
	`JSON.stringify(new (class A{constructor(){this.x=1}}))`, `JSON.stringify({get a(){return 1}})`, `JSON.stringify(Array(2000).fill({a:1})).length`, `JSON.stringify(Array(2000).fill({b:2,a:1}),['a','b']).slice(0,30)`,
	`JSON.stringify([new Array(3),{0:1}])`, `(()=>{try{let a={};a.a=a;JSON.stringify(a)}catch(e){return e.name}})()`, `(()=>{try{JSON.parse('{')}catch(e){return e.name}})()`,
	`new Uint8Array([1,2]).length`, `new Uint8Array(new Set([1,2])).length`, `new Uint8Array(new ArrayBuffer(8),2,3).length`, `Uint8Array.from([1,2],x=>x*2)[1]`, `new Float64Array(2).fill(1.5).map(x=>x*2)[1]`,
	`new Uint8Array([3,1,2]).sort().join()`, `new Uint8Array(new Uint16Array([1,2])).length`, `new DataView(new ArrayBuffer(8)).byteLength`, `(()=>{let a=new Uint8Array(4);a.set([1,2],1);return a.join()})()`,
	`new Proxy([1,2],{}).length`, `new Proxy({a:1},{get:(t,k)=>k}).zz`, `[1,2,3].map.name`, `''.repeat.length`, `''.repeat.toString()`, `Array.name`, `new Array(3).length`, `Array(2).concat([1]).length`,
	`typeof Function`, `(()=>1) instanceof Function`, `(class{}) instanceof Function`, `Function.prototype.call.call(x=>x,null,5)`, `Object.prototype.toString.call([])`, `new Error('x').message`,
	`(()=>{class A{static n=1;#p=2;get p(){return this.#p}static{A.n=5}m=()=>this.#p};return [A.n,new A().p,new A().m()]})()`, `(()=>{const f=()=>{};const c=class{};return [f.name,c.name,(class{x=()=>1}).name,new (class{x=()=>1})().x.name]})()`,
	`((a=1,{b=2,...c}={},[d,...e]=[3,4],...f)=>[a,b,c,d,e,f])()`, `(()=>{let s=0;for(const x of [1,2,3])s+=x;for(let i=0;i<3;i++)s+=i;for(const k in {a:1})s+=k;let n=3;while(n--)s+=n;do s+='!';while(n++<0);return s})()`,
	`(()=>{a:for(let i=0;;i++){for(;;){if(i>2)break a;continue a}}return 'ok'})()`, `(()=>{switch(3){case 1:return 1;default:return 'd'}})()`, `(()=>{try{null.x}catch({message:m}){return m}finally{}})()`,
	`[..."ab"].map((c,i,{length:n})=>c+i+n)`, `(function(){return arguments.length})(...[1,2],3)`, `new Date(...[2020,1,1]).getFullYear()`, `[,1].length`, `(x=>({...x,y:1}))({x:2})`,
	`Object.getOwnPropertyNames(Array.prototype).length`, `Object.keys(Object.getOwnPropertyDescriptors(String.prototype)).length`, `[].constructor===Array`, `''.constructor===String`, `Object.getOwnPropertySymbols(Array.prototype).length`,
	`Number('1e3').toFixed(2)`, `parseInt('12px')`, `isNaN('x')`, `Symbol('a').description`, `[3,2,1].findLast(x=>x>1)`, `[1,2,3].copyWithin(0,1)`, `[1,2,3].unshift(0)`, `[1,2].shift()`, `Array.isArray(new Proxy([],{}))`,
	`Array.prototype.map.call('abc',x=>x+x)`, `Array.prototype.slice.call({length:2,0:1,1:2})`, `[].reduce((a,b)=>a,5)`, `[[2,1],[1,2]].sort().join('|')`, `[undefined,3,null].sort()`,
}

// describe makes a text of any value, in the language itself.
const describe = `(function d(v, n) { n = n || 0; if (n > 6) return '…';
	if (typeof v === 'function') return 'function'; if (typeof v === 'symbol') return 'symbol';
	if (v === null || typeof v !== 'object') return typeof v + ':' + (Object.is(v, -0) ? '-0' : v);
	if (Array.isArray(v)) { var s = '['; for (var i = 0; i < v.length; i++) s += (i in v ? d(v[i], n + 1) : 'hole') + ','; return s + ']' }
	var t = '{'; for (var k in v) t += k + '=' + d(v[k], n + 1) + ','; return t + '}' })`

func TestGuardedNativesGiveTheSame(t *testing.T) {
	t.Parallel()
	for _, e := range expressions {
		want, err := goja.New().RunString("(" + describe + ")(" + e + ")")
		if err != nil {
			t.Errorf("%s: goja: %v", e, err)
			continue
		}
		if got := evaluate(t, e, Limits{Operations: 1e7, Memory: 64 << 20}); got != want.String() {
			t.Errorf("%s:\n got %s\nwant %s", e, got, want)
		}
	}
}

// evaluate returns an expression of the language as described text.
func evaluate(t *testing.T, expression string, l Limits) string {
	t.Helper()
	p, err := compile.Compiler{BigInt: l.BigInt}.Compile(compile.Source{Name: "test", Code: "function main() { return (" + describe + ")(" + expression + ") }"})
	if err != nil {
		return "compile: " + err.Error()
	}
	v, err := limitedVM(context.Background(), l).Run(p)
	if err != nil {
		return "error: " + err.Error()
	}
	return v.String()
}

// TestLongTextsGiveTheSame takes the ways that guards keep for long texts.
func TestLongTextsGiveTheSame(t *testing.T) {
	t.Parallel()
	times := 15000
	if raceDetector { // ten times slower, and a pattern has two seconds
		times = 1500
	}
	setup := fmt.Sprintf("(()=>{let s='ab1cd22'.repeat(%d);", times)
	for _, e := range []string{
		`return s.slice(0,7000).replace(/(\d)\1/g,'').length`, `return ('é'+s.slice(0,7000)).replace(/\d+/g,'<$&>').length`, `return ('é'+s.slice(0,7000)).match(/D/ig).length`,
		`return s.replace(/\d+/g,'<$&>').length`, `return s.replace(/(\d)(\d)?/g,"$2$1$$").length`, `return s.match(/\d+/g).length`, `return s.split(/\d+/).length`, `return s.split(/(\d)\d*/).length`,
		`return [...s.slice(0,7000).matchAll(/b/g)].length`, `return s.replaceAll('ab',"$'").length`, `return s.replace(/d/g,(m,i)=>i%7).slice(0,99)`, `return s.search(/22$/)`,
		`return s.slice(0,7000).split(/(?=ab)/).length`, `return s.slice(0,140).split(/(?=1)/).join('|')`,
	} {
		if strings.Contains(e, `"$'"`) {
			e = strings.ReplaceAll(e, "s.replaceAll", "s.slice(0,7000).replaceAll")
		}
		code := setup + e + "})()"
		want, err := goja.New().RunString("(" + describe + ")(" + code + ")")
		if err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		if got := evaluate(t, code, Limits{Memory: 512 << 20}); got != want.String() {
			t.Errorf("%s: got %s, want %s", e, got, want)
		}
	}
}

func TestBigIntIsOffUnlessAllowed(t *testing.T) {
	t.Parallel()
	for _, e := range []string{`1n+1n`, `BigInt(1)`, `BigInt.asIntN(8,1)`, `new BigInt64Array(1)[0]`, `new DataView(new ArrayBuffer(8)).getBigInt64(0)`} {
		if got := evaluate(t, e, Limits{}); !strings.Contains(got, "enable_bigint") {
			t.Errorf("%s: %s", e, got)
		}
	}
	on := Limits{BigInt: true, Memory: 32 << 20}
	for e, want := range map[string]string{
		`(2n**10n)*3n<<2n`: "bigint:12288", `String(BigInt('123'))`: "string:123", `2*3**2<<1`: "number:36",
		`1n<<(2n**36n)`: "too large", `2n**(2n**20n)`: "too large", `(()=>{let a=2n; for(;;) a*=a})()`: "too large", `(()=>{let a=3n; for(;;) a=a**2n})()`: "too large",
		`(()=>{let a=2n; for(;;) a<<=1000000n})()`: "too large", `(()=>{let o={a:{b:2n}}, n=0, f=()=>(n++,o); f().a.b**=2n; return n+":"+o.a.b})()`: "string:1:4",
		`(()=>{let o=[2n], f=()=>0; for(;;) o[f()]*=o[0]})()`: "too large", `(()=>{let g=x=>({a:[x]}).a[0]*=x; return [g(2n),g(3n)].join()})()`: "string:4,9",
		`(()=>{let n=0, o={f(d){ return this.g(d).v*=d>0?o.f(d-1):5n }, g(d){ return {v:BigInt(d+1)} }}; return o.f(3)})()`: "bigint:120",
		`Object(2n)**Object(10n)`: "bigint:1024", `({valueOf(){return 3n}})**2n`: "bigint:9", `Object(2n)**Object(2n**20n)`: "too large",
		`(class A{static p=3n; static m(){ return super.q, A.p**=2n }}).m()`: "bigint:9",
		`(()=>{let o={a:2n}; for(;;) o.a*=o.a})()`:                           "too large", `(()=>{let o=[2n], i=0; for(;;) o[i]<<=1000000n})()`: "too large", `(()=>{let o={a:3n}; for(;;) o["a"]**=2n})()`: "too large",
		`(()=>{let o={a:2n}, p=o; o.a*=(o={a:5n}, 3n); return p.a*10n+o.a})()`: "bigint:65", `(()=>{let o={a:2n}; o.a*=(o.a=7n); return o.a})()`: "bigint:14", `(()=>{let o=[2,3], i=0; o[i]**=(i=1, 3); return o.join()})()`: "string:8,3",
		`new (class{#n=2n; m=3n; go(){ this.#n*=this.m; this.m<<=2n; return this.#n+this.m }})().go()`: "bigint:18", `(()=>{let a=2n; a*=3n; a**=2n; a<<=1n; return a})()`: "bigint:72",
		`BigInt('9'.repeat(1e6))`: "digits", `BigInt.asUintN(2**40,-1n)`: "bits",
	} {
		if got := evaluate(t, e, Limits{BigInt: on.BigInt, Memory: on.Memory, Operations: 1e4}); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %q", e, got, want)
		}
	}
}

// TestGuardsLeaveOtherVMsAlone: a program may use goja beside us.
func TestGuardsLeaveOtherVMsAlone(t *testing.T) {
	t.Parallel()
	layout.Learned()
	rt := goja.New()
	v, err := rt.RunString(`'x'.repeat(2**22).length + [1,[2]].flat().length + BigInt(1).toString()`)
	if err != nil || v.String() != "41943061" {
		t.Errorf("got %v, %v", v, err)
	}
}

// TestEagerGuards takes the way that remains where goja is laid out differently.
func TestEagerGuards(t *testing.T) {
	t.Parallel()
	rt := goja.New()
	m := new(meter)
	m.prepare(rt, &host{}, Limits{Memory: 1 << 20})
	m.guards.known = layout.Unknown()
	if err := m.guards.armEagerly(); err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]string{
		`'x'.repeat(2**30)`: "stopped", `'x'.repeat(3)`: "", `[3,1].sort().join()`: "", `Array.prototype.indexOf.call({length:2**50},1)`: "too large",
	} {
		rt.ClearInterrupt()
		m.cause.Store(nil)
		_, err := rt.RunString(code)
		if want == "" && err != nil || want != "" && err == nil {
			t.Errorf("%s: %v", code, err)
		}
	}
}
