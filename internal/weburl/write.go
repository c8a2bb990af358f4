package weburl

import "strings"

// String writes the URL as browsers do, which is its href.
func (u *URL) String() string {
	var b strings.Builder
	b.WriteString(u.Scheme + ":")
	switch {
	case u.Host != nil:
		b.WriteString("//" + u.Username)
		if u.Password != "" {
			b.WriteString(":" + u.Password)
		}
		if u.Username != "" || u.Password != "" {
			b.WriteByte('@')
		}
		b.WriteString(*u.Host)
		if u.Port != "" {
			b.WriteString(":" + u.Port)
		}
	case u.Opaque == nil && strings.HasPrefix(u.Pathname(), "//"):
		b.WriteString("/.")
	}
	b.WriteString(u.Pathname())
	if u.Query != nil {
		b.WriteString("?" + *u.Query)
	}
	if u.Fragment != nil {
		b.WriteString("#" + *u.Fragment)
	}
	return b.String()
}
