package bombs

import "strings"

// shared are bombs that hold one long text thousands of times, for natives that compare, hash or convert each element.
func shared() []Bomb {
	const (
		list = `const text='1'.repeat(4e6); const list=Array(20000).fill(text); `
		like = `const text='1'.repeat(4e6); const like={length:20000}; for(let i=0;i<20000;i++) like[i]=text; `
	)
	return []Bomb{
		{"indexOf in a list of one text", list + `list.indexOf('1'.repeat(4e6-1)+'2')`},
		{"includes in a list of one text", list + `list.includes('1'.repeat(4e6-1)+'2')`},
		{"lastIndexOf in a list of one text", list + `list.lastIndexOf('2'+'1'.repeat(4e6-1))`},
		{"indexOf in arguments of one text", list + `(function(){ return [].indexOf.call(arguments,'1'.repeat(4e6-1)+'2') })(...list)`},
		{"a set of one text", list + `new Set(list)`},
		{"a map of one key", list + `new Map(list.map(text=>[text,1]))`},
		{"entries of one key", list + `Object.fromEntries(Array(20000).fill([text,1]))`},
		{"the greatest of one text", list + `Math.max.apply(null,list)`},
		{"the length of one text", list + `Math.hypot(...list)`},
		{"characters of one text", list + `String.fromCharCode(...list)`},
		{"a text of many arguments", `const text='1'.repeat(4e6); Math.min(` + strings.Repeat("text,", 5000) + `text)`},
		{"numbers of one text", list + `new Float64Array(list)`},
		{"numbers of one wrapped text", list + `new Float64Array(Array(20000).fill(Object(text)))`},
		{"numbers set from one text", list + `new Float64Array(20000).set(list)`},
		{"numbers from one text", list + `Float64Array.from(list)`},
		{"numbers of arguments", list + `Float64Array.of(...list)`},
		{"numbers like a list of one text", like + `new Float64Array(like)`},
		{"numbers set like a list of one text", like + `new Float64Array(20000).set(like)`},
		{"a date of long texts", `const text='1'.repeat(1e7); for(;;) Date.UTC(text,text,text,text,text,text,text)`},
		{"a local date of long texts", `const text='1'.repeat(1e7); for(;;) new Date(text,text,text,text,text,text,text)`},
	}
}
