package main

import "strings"

// codeRegexps is a node that uses the patterns which flows use most, on short texts and on long ones.
func codeRegexps() string {
	return strings.TrimSpace(`
const line = 'before juan.perez+x@mail.example.com.ar and after, 2024-11-30 12:34:56 -12.5e3 #fff <b>bold</b> https://example.com/a/b?c=d&e=f (555) 123-4567'
const words = 'The quick brown fox jumps over the lazy dog, then it naps; José and Zoë laugh. '.repeat(4)
const cells = 'a,b,c,dd,eee,,f,gg,h,1,2,3.5,four five'.repeat(4)
const blanks = '  a   b \t c  \n d    e   f  '.repeat(6)
function main() {
  const found = [
    /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test('juan.perez@mail.example.com'),
    /[\w.+-]+@[\w-]+\.[\w.]+/.exec(line)[0],
    /^\d+$/.test('12345678901234567890'),
    /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test('-12.5e3'),
    /(\d{4})-(\d{2})-(\d{2})/.exec(line)[3],
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test('2024-11-30T12:34:56.123Z'),
    words.match(/\w+/g).length,
    words.match(/\b[a-z]{5}\b/gi).length,
    cells.split(/,/).length,
    cells.split(/\s*,\s*/).length,
    blanks.replace(/\s+/g, ' ').length,
    blanks.replace(/^\s+|\s+$/g, '').length,
    words.replace(/[aeiou]/g, '*').length,
    words.replace(/(\w+) (\w+)/g, '$2 $1').slice(0, 9),
    /https?:\/\/[^\s\/]+(\/[^\s?]*)?(\?\S*)?/.exec(line)[1],
    /^[a-z][a-z0-9_-]{2,15}$/i.test('user_name-1'),
    /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test('#ff00ff'),
    /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec('192.168.100.200')[4],
    line.replace(/<[^>]+>/g, '').length,
    /\(?\d{3}\)?[ -]?\d{3}-\d{4}/.exec(line)[0],
    words.split(/[.;,]\s*/).length,
    /^(?=.*[a-z])(?=.*\d).{8,}$/.test('passw0rd1234'),
    'camelCaseToSnake'.replace(/([A-Z])/g, '_$1'),
  ]
  c.JSON(200, found)
}`)
}

// foundByRegexps is what codeRegexps answers, as Node does.
const foundByRegexps = `[true,"juan.perez+x@mail.example.com.ar",true,true,"30",true,64,16,49,49,73,158,316,"quick The","/a/b",true,true,"200",135,"(555) 123-4567",13,true,"camel_Case_To_Snake"]`
