package logger_test

import (
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/logger"
)

// national are telephones as people write them at home, where no prefix says what they are.
const national = `(555) 123-4567|555-123-4567|1-555-123-4567|(11) 91234-5678|(11) 1234-5678|8 (495) 123-45-67|(495) 123-45-67
600 123 456|600-123-456|91 123 45 67|912 345 678|987 654 321|600 12 34 56|55 1234 5678|11 4321-5678|98765 43210|98765-43210`

// numbers are telephones as people of twenty countries write them, five a line.
const numbers = `+34 912 345 678|+34912345678|0034 912 345 678|(+34) 912-345-678|+34-600-123-456
+1 212 555 0123|+1 (212) 555-0123|(212) 555-0123|212-555-0123|1.212.555.0123
+54 11 4321-5678|+54 9 11 4321-5678|011 4321-5678|(011) 4321-5678|+541143215678
+52 55 1234 5678|+52 (55) 1234-5678|+52 1 55 1234 5678|0052 55 1234 5678|+525512345678
+55 11 91234-5678|+55 (11) 91234-5678|(011) 91234-5678|0055 11 91234 5678|+5511912345678
+57 301 234 5678|+57 (601) 234 5678|+57-301-234-5678|0057 301 234 5678|+573012345678
+56 9 1234 5678|+56 2 2345 6789|+56-9-1234-5678|0056 9 1234 5678|+56912345678
+51 987 654 321|+51 1 234 5678|+51-987-654-321|0051 987 654 321|+51987654321
+44 20 7946 0958|020 7946 0958|(020) 7946 0958|+44 (0)20 7946 0958|07700 900123
+33 1 23 45 67 89|01 23 45 67 89|01.23.45.67.89|01-23-45-67-89|+33123456789
+49 30 123456|030 12345678|030/12345678|+49 (0)30 12345678|0049 30 12345678
+39 06 1234 5678|06 1234 5678|+39-06-12345678|0039 06 12345678|+390612345678
+351 21 123 4567|+351 912 345 678|+351-912-345-678|00351 912 345 678|+351912345678
+31 20 123 4567|020 123 4567|(020) 123-4567|+31 (0)20 1234567|0031 20 123 4567
+41 44 123 45 67|044 123 45 67|+41-44-123-45-67|0041 44 123 45 67|+41441234567
+46 8 123 456 78|08-123 456 78|+46 (0)8 123 456 78|0046 8 123 456 78|+46812345678
+81 3 1234 5678|03-1234-5678|(03) 1234-5678|+81-90-1234-5678|0081 3 1234 5678
+91 98765 43210|+91-98765-43210|098765 43210|0091 98765 43210|+919876543210
+61 2 1234 5678|(02) 1234 5678|0412 345 678|+61 412 345 678|0061 2 1234 5678
+27 11 123 4567|011 123 4567|(011) 123-4567|+27 (0)11 123 4567|0027 11 123 4567`

// Telephones are hidden however they are written, and so are addresses.
func TestMaskOfTelephonesAndAddresses(t *testing.T) {
	t.Parallel()
	m := masker(t, logger.MaskOptions{Kinds: []string{logger.Phone, logger.IP}, ShowType: true})
	list := strings.FieldsFunc(numbers, func(c rune) bool { return c == '|' || c == '\n' })
	if len(list) != 100 {
		t.Errorf("%d numbers", len(list))
	}
	for _, number := range append(list, strings.FieldsFunc(national, func(c rune) bool { return c == '|' || c == '\n' })...) {
		for _, text := range []string{"call % now", "%", `{"phone":"%"}`, "tel:%."} {
			got := m.Mask(strings.ReplaceAll(text, "%", number))
			if want := strings.ReplaceAll(text, "%", "[phone:********]"); strings.Trim(got, "()") != strings.Trim(want, "()") {
				t.Errorf("%s: %s", number, got)
			}
		}
	}
	for _, address := range strings.Fields(`203.0.113.77 10.0.0.1 255.255.255.255 8.8.8.8 2001:db8:85a3::8a2e:370:7334 2001:DB8::1 fe80::1 ::2f
		2001:db8:0:0:0:0:0:1 ::ffff:192.0.2.1 64:ff9b::192.0.2.33`) {
		for _, text := range []string{"from % now", "%", `{"ip":"%"}`, "ip=%.", "[%]:443", "client %: refused", "%, %", "%/24"} {
			got := m.Mask(strings.ReplaceAll(text, "%", address))
			if want := strings.ReplaceAll(text, "%", "[ip:********]"); got != want {
				t.Errorf("%q: %s, want %s", strings.ReplaceAll(text, "%", address), got, want)
			}
		}
	}
	if got := m.Mask("http://203.0.113.77:8080/x"); got != "http://[ip:********]:8080/x" {
		t.Error(got)
	}
}

// untouched are texts that look like telephones or addresses and are none.
const untouched = `version 1.22.3|12:34:56|ratio 16:9|v1.2.3.4|Chrome/120.0.0.0|release 10.0.0.1|1.2.3|1.2.3.4.5|300.1.1.1|2026-11-29
2026-11-29T16:12:14.903Z|29/11/2026|29.11.2026|31-12-2026|11/29/26|16:12|16:12:14.123|2026-11-29 16:12:14 +0100|1764432734|1764432734903
$1,234.56|1.234,56 EUR|99.99|USD 1200.00|12 345,67 kr|10%|3.14159265|1e-10|0.000001|-42
order 20261129-0017|INV-2026-000123|SKU 4006381333931|ISBN 978-3-16-148410-0|id 123456789012|#12345678|A-1234-5678|ref 0xdeadbeef|n 9007199254740993|7 of 100
550e8400-e29b-41d4-a716-446655440000|deadbeefcafe|sha e3b0c44298fc1c149afb|00:1a:2b:3c:4d:5e|00:11:22:33:44:55:66:77|std::vector|a::b|::|Foo::bar(1)|fn main() :: 1
line 12, column 34|[1, 2, 3]|{"a":1,"b":[2,3]}|x = 10 + 20|for (i = 0; i < 100; i++)|arr[123][456]|0..10|1-2-3|f(12, 345, 678)|page 12-34
port 8080|:8080|localhost:3000|200 OK|HTTP/1.1|404|1.5ms|12345 bytes|5 GiB|16 cores
width:100px|#ffcc00|rgb(1, 2, 3)|1920x1080|4:3|50 km/h|37.5 C|12 V|3/4|1/2/3
go1.26.1|node 24.21.0|ICU 78.3|tz 2026c|1.0.0-rc.1+build.5|^1.2.3|~1.22|>=1.2 <2.0|1.x|0.9.14
10 000|1 000 000|1,000,000|12.5.2026 9:30|5 x 3|2+2=4|A4|B12|C3PO|R2D2`

func TestMaskLeavesWhatIsNoTelephoneAndNoAddress(t *testing.T) {
	t.Parallel()
	m := masker(t, logger.MaskOptions{Kinds: []string{logger.Phone, logger.IP}, ShowType: true})
	list := strings.FieldsFunc(untouched, func(c rune) bool { return c == '|' || c == '\n' })
	if len(list) != 100 {
		t.Errorf("%d texts", len(list))
	}
	list = append(list, "12 345 678 bytes", "123 456 789", "600.123.456", "912,345,678", "10 2024 2025", "(2026) 12-31", "f(10) 20-30", "(1) 200 300", "600 123 456 789", "600-123-456-X1", "98765-4321", "55 12 34")
	for _, one := range list {
		for _, text := range []string{one, "said: " + one, `{"text":"` + one + `"}`} {
			if got := m.Mask(text); got != text {
				t.Errorf("%s became %s", text, got)
			}
		}
	}
}
