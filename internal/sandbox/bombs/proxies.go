package bombs

// proxies are bombs whose keys are made when a proxy is listed, and proxies that are followed for long.
func proxies() (list []Bomb) {
	const made = `let n=0; const like={length:400}; for(let i=0;i<400;i++) Object.defineProperty(like,i,{get:()=>'x'.repeat(1e6)+n++}); const p=new Proxy({},{ownKeys:()=>like}); `
	for _, call := range []string{
		`Reflect.ownKeys(p)`, `for(const k in p);`, `({...p})`, `const {a,...b}=p`, `JSON.stringify({p})`, `Object.assign({},p)`, `Object.freeze(p)`,
		`Object.keys(Proxy.revocable({},{ownKeys:()=>new Proxy([],{get:(o,k)=>k==='length'?1e9:'x'.repeat(1e6)+n++})}).proxy)`,
	} {
		list = append(list, Bomb{"proxies, " + call, made + call})
	}
	return append(list,
		Bomb{"proxies as handlers of proxies", `let p={}; for(let i=0;i<1e6;i++) p=new Proxy({},p); p.x`},
		Bomb{"proxies that are revocable", `let p={}; for(let i=0;i<1e6;i++) p=Proxy.revocable(p,{}).proxy; p.x`},
		Bomb{"proxies as prototypes", `let p={}; for(let i=0;i<3e4;i++) p={__proto__:new Proxy(p,{})}; for(;;) p.x`},
		Bomb{"proxies as prototypes, set later", `let l=Array.from({length:3e4},()=>({})); l.forEach((o,i)=>{ if(i) Object.setPrototypeOf(o,new Proxy(l[i-1],{})) }); for(;;) 'x' in l[29999]`},
	)
}
