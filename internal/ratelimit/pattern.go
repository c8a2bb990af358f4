package ratelimit

import (
	"net/url"
	"strings"
)

// pattern is a path of a rule in its segments; nil stands for every path.
type pattern []string

func parsePattern(path string) pattern {
	if path == "" {
		return nil
	}
	return splitPath(path)
}

// splitPath returns the segments of an escaped path, as routes see them.
func splitPath(path string) []string {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			parts[i] = plain
		}
	}
	return parts
}

func (p pattern) match(path []string) bool {
	if p == nil {
		return true
	}
	for i, part := range p {
		switch {
		case part == "*" && i == len(p)-1:
			return true
		case i == len(path):
			return false
		case strings.HasPrefix(part, ":") && path[i] != "":
		case part != path[i]:
			return false
		}
	}
	return len(p) == len(path)
}
