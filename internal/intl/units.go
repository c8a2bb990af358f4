package intl

import (
	"slices"
	"strings"
)

// Units lists the simple units of ECMA-402.
func Units() []string {
	return []string{
		"acre", "bit", "byte", "celsius", "centimeter", "day", "degree", "fahrenheit", "fluid-ounce", "foot", "gallon", "gigabit", "gigabyte", "gram",
		"hectare", "hour", "inch", "kilobit", "kilobyte", "kilogram", "kilometer", "liter", "megabit", "megabyte", "meter", "microsecond", "mile",
		"mile-scandinavian", "milliliter", "millimeter", "millisecond", "minute", "month", "nanosecond", "ounce", "percent", "petabyte", "pound",
		"second", "stone", "terabit", "terabyte", "week", "yard", "year",
	}
}

// IsUnit reports whether ECMA-402 knows a unit, which may be one per another.
func IsUnit(name string) bool {
	all := Units()
	unit, per, ok := strings.Cut(name, "-per-")
	return slices.Contains(all, unit) && (!ok || slices.Contains(all, per))
}
