function checkListener(listener) {
  if (typeof listener !== "function") throw Object.assign(new TypeError('The "listener" argument must be of type function. Received ' + typeof listener), { code: "ERR_INVALID_ARG_TYPE" });
}

// EventEmitter is a function, so that constructors of old call it: EventEmitter.call(this).
function EventEmitter() {
  this._events = new Map();
}

class Methods {
  on(name, listener) { return add(this, name, listener, false); }
  addListener(name, listener) { return add(this, name, listener, false); }
  prependListener(name, listener) { return add(this, name, listener, true); }
  once(name, listener) { return add(this, name, onceOf(this, name, listener), false); }
  prependOnceListener(name, listener) { return add(this, name, onceOf(this, name, listener), true); }

  off(name, listener) {
    checkListener(listener);
    const list = listenersOf(this, name);
    for (let i = list.length - 1; i >= 0; i--) {
      if (list[i] !== listener && list[i].listener !== listener) continue;
      const left = list.slice(0, i).concat(list.slice(i + 1));
      if (left.length > 0) eventsOf(this).set(name, left);
      else eventsOf(this).delete(name);
      if (eventsOf(this).has("removeListener")) this.emit("removeListener", name, listener);
      break;
    }
    return this;
  }
  removeListener(name, listener) { return this.off(name, listener); }

  removeAllListeners(name) {
    if (arguments.length === 0) eventsOf(this).clear();
    else eventsOf(this).delete(name);
    return this;
  }

  emit(name, ...args) {
    const list = listenersOf(this, name);
    if (list.length === 0) {
      if (name !== "error") return false;
      if (args[0] instanceof Error) throw args[0];
      throw Object.assign(new Error("Unhandled error. (" + (typeof args[0] === "string" ? "'" + args[0] + "'" : String(args[0])) + ")"), { code: "ERR_UNHANDLED_ERROR", context: args[0] });
    }
    for (const listener of list) Reflect.apply(listener, this, args);
    return true;
  }

  listeners(name) { return listenersOf(this, name).map((l) => l.listener || l); }
  rawListeners(name) { return listenersOf(this, name).slice(); }
  listenerCount(name) { return listenersOf(this, name).length; }
  eventNames() { return Array.from(eventsOf(this).keys()); }
  setMaxListeners(n) {
    this._maxListeners = n;
    return this;
  }
  getMaxListeners() { return this._maxListeners ?? EventEmitter.defaultMaxListeners; }
}

for (const name of Object.getOwnPropertyNames(Methods.prototype)) {
  if (name !== "constructor") Object.defineProperty(EventEmitter.prototype, name, { value: Methods.prototype[name], writable: true, enumerable: true, configurable: true });
}

// eventsOf also serves objects whose constructor did not call ours, as util.inherits makes them.
function eventsOf(emitter) {
  if (!(emitter._events instanceof Map)) emitter._events = new Map();
  return emitter._events;
}

function listenersOf(emitter, name) {
  return eventsOf(emitter).get(name) || [];
}

function add(emitter, name, listener, first) {
  checkListener(listener);
  if (eventsOf(emitter).has("newListener")) emitter.emit("newListener", name, listener.listener || listener);
  const list = listenersOf(emitter, name);
  eventsOf(emitter).set(name, first ? [listener].concat(list) : list.concat([listener]));
  return emitter;
}

function onceOf(emitter, name, listener) {
  checkListener(listener);
  let fired = false;
  const wrapper = function (...args) {
    if (fired) return undefined;
    fired = true;
    emitter.off(name, wrapper);
    return Reflect.apply(listener, emitter, args);
  };
  wrapper.listener = listener;
  return wrapper;
}

// once answers a promise of the next event's arguments.
function once(emitter, name) {
  return new Promise((resolve, reject) => {
    const failed = (err) => { emitter.off(name, arrived); reject(err); };
    const arrived = (...args) => { if (name !== "error") emitter.off("error", failed); resolve(args); };
    emitter.once(name, arrived);
    if (name !== "error") emitter.once("error", failed);
  });
}

EventEmitter.defaultMaxListeners = 10;
EventEmitter.EventEmitter = EventEmitter;
EventEmitter.once = once;
EventEmitter.listenerCount = (emitter, name) => emitter.listenerCount(name);
EventEmitter.getEventListeners = (emitter, name) => emitter.listeners(name);
module.exports = EventEmitter;
