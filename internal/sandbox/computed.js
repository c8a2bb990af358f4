// The methods of arrays for objects whose length a script computes: those behind a Proxy or a getter. Each is a function
// (length, ...arguments), where length was read before, and follows ECMA-262, 23.1.3, step by step. It is metered as flow code
// is, and does nothing that flow code could not do itself.
"use strict"

const callable = f => {
	if (typeof f !== "function") throw new TypeError(String(f) + " is not a function")
	return f
}

// put is CreateDataPropertyOrThrow.
const put = (o, key, value) => Object.defineProperty(o, key, { value, writable: true, enumerable: true, configurable: true })

// create is ArraySpeciesCreate.
const create = (o, length) => {
	let C
	if (Array.isArray(o)) {
		C = o.constructor
		if (C !== null && (typeof C === "object" || typeof C === "function")) {
			C = C[Symbol.species]
			if (C === null) C = undefined
		}
	}
	return C === undefined ? plain(length) : new C(length)
}

// plain is ArrayCreate.
const plain = length => {
	if (length > 4294967295) throw new RangeError("Invalid array length")
	return new Array(length)
}

const integer = v => {
	v = Math.trunc(v)
	return v === v ? v + 0 : 0
}

// place is a relative index between 0 and length.
const place = (v, length) => (v = integer(v)) < 0 ? Math.max(length + v, 0) : Math.min(v, length)

const fits = length => {
	if (length > 9007199254740991) throw new TypeError("the array becomes too long")
}

// search is findIndex, and findLastIndex where step is -1: it returns the index, and leaves the value in found.
let found
const search = (o, length, test, self, step) => {
	callable(test)
	for (let k = step > 0 ? 0 : length - 1; k >= 0 && k < length; k += step) {
		const value = o[k]
		if (test.call(self, value, k, o)) {
			found = value
			return k
		}
	}
	found = undefined
	return -1
}

const fold = (o, length, f, args, step) => {
	callable(f)
	let k = step > 0 ? 0 : length - 1, result
	if (args.length > 0) result = args[0]
	else {
		while (k >= 0 && k < length && !(k in o)) k += step
		if (!(k >= 0 && k < length)) throw new TypeError("Reduce of empty array with no initial value")
		result = o[k]
		k += step
	}
	for (; k >= 0 && k < length; k += step) if (k in o) result = f(result, o[k], k, o)
	return result
}

const sorted = (list, compare) => compare === undefined ? list.sort() : list.sort(compare)

const comparator = compare => compare === undefined ? undefined : callable(compare)

const move = (o, from, to) => {
	if (from in o) o[to] = o[from]
	else delete o[to]
}

// spliced reads the arguments of splice and toSpliced: where, how many go, and what comes.
const spliced = (length, args) => {
	const start = place(args[0], length)
	const gone = args.length === 0 ? 0 : args.length === 1 ? length - start : Math.min(Math.max(integer(args[1]), 0), length - start)
	return { start, gone, items: args.slice(2) }
}

const length = o => Math.min(Math.max(integer(o.length), 0), 9007199254740991)

// flatten puts the elements of an array behind others, and returns where the next one goes; flattened does so with a value.
const flatten = (result, to, o, count, depth) => {
	for (let k = 0; k < count; k++) if (k in o) to = flattened(result, to, o[k], depth)
	return to
}

const flattened = (result, to, value, depth) => {
	if (depth > 0 && Array.isArray(value)) return flatten(result, to, value, length(value), depth - 1)
	put(result, to, value)
	return to + 1
}

const spreads = v => {
	if (v === null || typeof v !== "object" && typeof v !== "function") return false
	const asked = v[Symbol.isConcatSpreadable]
	return asked !== undefined ? !!asked : Array.isArray(v)
}

// revived is what JSON.parse makes of a part of an object or array.
const revived = (holder, key, value, f) => {
	if (value !== null && typeof value === "object" || typeof value === "function") {
		if (Array.isArray(value)) {
			const length = Math.min(Math.max(integer(value.length), 0), 9007199254740991)
			for (let k = 0; k < length; k++) revive(value, String(k), f)
		} else for (const name of Object.keys(value)) revive(value, name, f)
	}
	return f.call(holder, key, value)
}

const revive = (o, name, f) => {
	const value = revived(o, name, o[name], f)
	if (value === undefined) Reflect.deleteProperty(o, name)
	else Reflect.defineProperty(o, name, { value, writable: true, enumerable: true, configurable: true })
}

// descriptor is ToPropertyDescriptor.
const descriptor = v => {
	if (v === null || typeof v !== "object" && typeof v !== "function") throw new TypeError("Property description must be an object: " + String(v))
	const result = { __proto__: null }
	for (const name of ["enumerable", "configurable", "value", "writable", "get", "set"]) if (name in v) {
		const part = result[name] = v[name]
		if ((name === "get" || name === "set") && part !== undefined) callable(part)
	}
	if (("get" in result || "set" in result) && ("value" in result || "writable" in result)) {
		throw new TypeError("Invalid property descriptor. Cannot both specify accessors and a value or writable attribute")
	}
	return result
}

// each calls f with the keys of an object's own enumerable properties.
const each = (o, f) => {
	const keys = Reflect.ownKeys(o)
	for (let k = 0; k < keys.length; k++) {
		const found = Reflect.getOwnPropertyDescriptor(o, keys[k])
		if (found !== undefined && found.enumerable) f(keys[k])
	}
}

module.exports = {
	name(v) {
		const o = { __proto__: null }
		o[v] = 1
		return Reflect.ownKeys(o)[0]
	},
	values(o, entries) {
		const result = []
		let n = 0
		each(o, key => {
			if (typeof key !== "symbol") put(result, n++, entries ? [key, o[key]] : o[key])
		})
		return result
	},
	descriptors(o) {
		const keys = Reflect.ownKeys(o), result = {}
		for (let k = 0; k < keys.length; k++) {
			const found = Reflect.getOwnPropertyDescriptor(o, keys[k])
			if (found !== undefined) put(result, keys[k], found)
		}
		return result
	},
	define(o, properties) {
		const list = []
		let n = 0
		each(properties, key => put(list, n++, [key, descriptor(properties[key])]))
		for (let k = 0; k < n; k++) Object.defineProperty(o, list[k][0], list[k][1])
		return o
	},
	from(items, length, constructs, f, self) {
		const result = constructs ? new this(length) : plain(length)
		for (let k = 0; k < length; k++) put(result, k, f === undefined ? items[k] : f.call(self, items[k], k))
		result.length = length
		return result
	},
	revive(key, value, f) {
		return revived(this, key, value, f)
	},
	// kept copies a list into an array of the constructor that this one has.
	kept(list) {
		const result = create(this, 0)
		for (let k = 0; k < list.length; k++) put(result, k, list[k])
		return result
	},
	concat(...items) {
		const result = create(this, 0)
		let n = 0
		for (const item of [this].concat(items)) {
			if (!spreads(item)) {
				fits(n + 1)
				put(result, n++, item)
				continue
			}
			const more = length(item)
			fits(n + more)
			for (let k = 0; k < more; k++, n++) if (k in item) put(result, n, item[k])
		}
		result.length = n
		return result
	},
	flat(length, depth) {
		depth = depth === undefined ? 1 : integer(depth)
		const result = create(this, 0)
		flatten(result, 0, this, length, depth)
		return result
	},
	flatMap(length, f, self) {
		callable(f)
		const result = create(this, 0)
		let to = 0
		for (let k = 0; k < length; k++) if (k in this) to = flattened(result, to, f.call(self, this[k], k, this), 1)
		return result
	},
	every(length, f, self) {
		callable(f)
		for (let k = 0; k < length; k++) if (k in this && !f.call(self, this[k], k, this)) return false
		return true
	},
	some(length, f, self) {
		callable(f)
		for (let k = 0; k < length; k++) if (k in this && f.call(self, this[k], k, this)) return true
		return false
	},
	forEach(length, f, self) {
		callable(f)
		for (let k = 0; k < length; k++) if (k in this) f.call(self, this[k], k, this)
	},
	find(length, f, self) {
		search(this, length, f, self, 1)
		return found
	},
	findIndex(length, f, self) { return search(this, length, f, self, 1) },
	findLast(length, f, self) {
		search(this, length, f, self, -1)
		return found
	},
	findLastIndex(length, f, self) { return search(this, length, f, self, -1) },
	reduce(length, f, ...start) { return fold(this, length, f, start, 1) },
	reduceRight(length, f, ...start) { return fold(this, length, f, start, -1) },
	includes(length, value, from) {
		if (length === 0) return false
		for (let k = place(from, length); k < length; k++) {
			const element = this[k]
			if (element === value || element !== element && value !== value) return true
		}
		return false
	},
	indexOf(length, value, from) {
		if (length === 0) return -1
		for (let k = place(from, length); k < length; k++) if (k in this && this[k] === value) return k
		return -1
	},
	lastIndexOf(length, value, ...from) {
		if (length === 0) return -1
		let k = from.length > 0 ? integer(from[0]) : length - 1
		for (k = k < 0 ? length + k : Math.min(k, length - 1); k >= 0; k--) if (k in this && this[k] === value) return k
		return -1
	},
	map(length, f, self) {
		callable(f)
		const result = create(this, length)
		for (let k = 0; k < length; k++) if (k in this) put(result, k, f.call(self, this[k], k, this))
		return result
	},
	filter(length, f, self) {
		callable(f)
		const result = create(this, 0)
		let to = 0
		for (let k = 0; k < length; k++) {
			if (!(k in this)) continue
			const value = this[k]
			if (f.call(self, value, k, this)) put(result, to++, value)
		}
		return result
	},
	slice(length, from, to) {
		const start = place(from, length), end = to === undefined ? length : place(to, length)
		const result = create(this, Math.max(end - start, 0))
		let n = 0
		for (let k = start; k < end; k++, n++) if (k in this) put(result, n, this[k])
		result.length = n
		return result
	},
	splice(length, ...args) {
		const { start, gone, items } = spliced(length, args), more = items.length - gone
		fits(length + more)
		const result = create(this, gone)
		for (let k = 0; k < gone; k++) if (start + k in this) put(result, k, this[start + k])
		result.length = gone
		if (more < 0) {
			for (let k = start; k < length - gone; k++) move(this, k + gone, k + items.length)
			for (let k = length; k > length + more; k--) delete this[k - 1]
		} else if (more > 0) {
			for (let k = length - gone; k > start; k--) move(this, k + gone - 1, k + items.length - 1)
		}
		for (let k = 0; k < items.length; k++) this[start + k] = items[k]
		this.length = length + more
		return result
	},
	toSpliced(length, ...args) {
		const { start, gone, items } = spliced(length, args)
		fits(length - gone + items.length)
		const result = plain(length - gone + items.length)
		for (let k = 0; k < start; k++) put(result, k, this[k])
		for (let k = 0; k < items.length; k++) put(result, start + k, items[k])
		for (let k = start + gone; k < length; k++) put(result, k - gone + items.length, this[k])
		return result
	},
	shift(length) {
		if (length === 0) {
			this.length = 0
			return undefined
		}
		const first = this[0]
		for (let k = 1; k < length; k++) move(this, k, k - 1)
		delete this[length - 1]
		this.length = length - 1
		return first
	},
	unshift(length, ...items) {
		if (items.length > 0) {
			fits(length + items.length)
			for (let k = length; k > 0; k--) move(this, k - 1, k - 1 + items.length)
			for (let k = 0; k < items.length; k++) this[k] = items[k]
		}
		return this.length = length + items.length
	},
	reverse(length) {
		for (let low = 0, middle = Math.floor(length / 2); low < middle; low++) {
			const high = length - 1 - low
			const isLow = low in this, a = isLow ? this[low] : undefined
			const isHigh = high in this, b = isHigh ? this[high] : undefined
			if (isHigh) this[low] = b
			else if (isLow) delete this[low]
			if (isLow) this[high] = a
			else if (isHigh) delete this[high]
		}
		return this
	},
	toReversed(length) {
		const result = plain(length)
		for (let k = 0; k < length; k++) put(result, k, this[length - 1 - k])
		return result
	},
	with(length, index, value) {
		index = integer(index)
		const at = index < 0 ? length + index : index
		if (!(at >= 0 && at < length)) throw new RangeError("Invalid index : " + index)
		const result = plain(length)
		for (let k = 0; k < length; k++) put(result, k, k === at ? value : this[k])
		return result
	},
	fill(length, value, from, to) {
		const end0 = place(from, length), end = to === undefined ? length : place(to, length)
		for (let k = end0; k < end; k++) this[k] = value
		return this
	},
	copyWithin(length, target, from, to) {
		let at = place(target, length), k = place(from, length)
		let count = Math.min((to === undefined ? length : place(to, length)) - k, length - at), step = 1
		if (k < at && at < k + count) {
			step = -1
			k += count - 1
			at += count - 1
		}
		for (; count > 0; count--, k += step, at += step) move(this, k, at)
		return this
	},
	sort(length, compare) {
		const list = []
		for (let k = 0; k < length; k++) if (k in this) list.push(this[k])
		sorted(list, compare)
		let k = 0
		for (; k < list.length; k++) this[k] = list[k]
		for (; k < length; k++) delete this[k]
		return this
	},
	toSorted(length, compare) {
		const list = plain(length)
		for (let k = 0; k < length; k++) list[k] = this[k]
		return sorted(list, compare)
	},
}
