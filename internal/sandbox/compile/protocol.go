package compile

// What instrumented code expects of the VM that runs it.
const (
	// GlobalName is a global variable that holds the global object. No script can write it as an identifier.
	GlobalName = "%global"
	// MeterName is a global variable that holds the meter: a goja.DynamicArray, because reading an index of one is a cheap
	// call from a script into Go. Reading a positive index counts as many operations.
	MeterName = "%meter"
)

// Indexes of the meter that are read and are no counts of operations.
const (
	SlotRegExp   = -1  // regular expressions are about to be used
	SlotPromise  = -2  // async functions are about to make promises
	SlotIterable = -3  // returns the value that was written to -SlotIterable, made stoppable
	SlotDelegate = -4  // returns the value that was written to -SlotDelegate, for yield* to iterate
	SlotPower    = -5  // returns the function that ** is
	SlotResult   = -15 // returns the value that was written to -SlotResult, which must be an object as next() of an iterator returns
	SlotNatives  = -16 // SlotNatives-n: the natives.Family n is about to be used

	// SlotLoops-n returns a value that counts n operations, n above 0, whenever it is asked whether it is true. It is not.
	SlotLoops = -1000
)

// Indexes of the meter that are written. They are small and positive because goja makes no garbage of those.
const (
	SlotListed   = 2  // an object whose properties for..in is about to list
	SlotKeyed    = 5  // a value whose properties are about to be copied
	SlotFactor   = 6  // an operand of *, or the left one of <<
	SlotBase     = 7  // the left operand of **
	SlotExponent = 8  // the right operand of **
	SlotShift    = 9  // the right operand of <<
	SlotText     = 10 // SlotText+n: a value that is copied n times if it is a text; n is at most MaxCopies
)

// MaxCopies is how often a chain of + copies what it began with until its result passes through the meter again.
const MaxCopies = 4

// LongText is the length from which on copying a text counts.
const LongText = 4096
