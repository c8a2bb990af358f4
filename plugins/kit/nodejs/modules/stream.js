// The bodies of messages and the bytes of a Blob as streams. All of the bytes are there already: they come as one piece.
const token = {};
const sources = new WeakMap(); // ReadableStream → { locked, next() returns bytes, none at the end, cancel() }

function of(stream) {
  const found = sources.get(stream);
  if (found === undefined) throw new TypeError('Value of "this" must be of type ReadableStream');
  return found;
}

function lock(stream) {
  const source = of(stream);
  if (source.locked) throw Object.assign(new TypeError("Invalid state: ReadableStream is locked"), { code: "ERR_INVALID_STATE" });
  source.locked = true;
  return source;
}

const later = (f) => new Promise((resolve) => resolve(f()));
const ended = { value: undefined, done: true };

class ReadableStreamDefaultReader {
  #source; // null once the lock is released
  #settle;
  #closed;
  constructor(stream) {
    this.#source = lock(stream);
    this.#closed = new Promise((resolve, reject) => { this.#settle = { resolve, reject }; });
    this.#closed.catch(() => {});
  }
  #held() {
    if (this.#source === null) throw Object.assign(new TypeError("Invalid state: the reader is not attached to a stream"), { code: "ERR_INVALID_STATE" });
    return this.#source;
  }
  read() {
    return later(() => {
      const value = this.#held().next();
      if (value.length > 0) return { value, done: false };
      this.#settle.resolve();
      return { ...ended };
    });
  }
  cancel() {
    return later(() => {
      this.#held().cancel();
      this.#settle.resolve();
    });
  }
  releaseLock() {
    if (this.#source === null) return;
    this.#source.locked = false;
    this.#source = null;
    this.#settle.reject(new TypeError("the reader was released"));
  }
  get closed() { return this.#closed; }
  get [Symbol.toStringTag]() { return "ReadableStreamDefaultReader"; }
}

class ReadableStream {
  constructor(given, source) {
    if (given !== token) throw new TypeError("a ReadableStream cannot be made here: it is the body of a Request or Response, or comes from stream() of a Blob");
    sources.set(this, source);
  }
  get locked() { return of(this).locked; }
  getReader(options) {
    if (options?.mode !== undefined) throw new TypeError("getReader: there are readers without a mode only");
    return new ReadableStreamDefaultReader(this);
  }
  cancel() {
    return later(() => {
      const source = lock(this);
      source.locked = false;
      source.cancel();
    });
  }
  tee() {
    const bytes = lock(this).next();
    return [streamOf(bytes), streamOf(bytes.slice())];
  }
  values(options) {
    const reader = this.getReader(), keep = Boolean(options?.preventCancel);
    let over = false;
    const end = () => {
      over = true;
      reader.releaseLock();
    };
    return {
      async next() {
        if (over) return { ...ended };
        try {
          const step = await reader.read();
          if (step.done) end();
          return step;
        } catch (e) {
          end();
          throw e;
        }
      },
      async return(value) {
        if (!over) {
          if (!keep) await reader.cancel();
          end();
        }
        return { value, done: true };
      },
      [Symbol.asyncIterator]() { return this; },
    };
  }
  [Symbol.asyncIterator](options) { return this.values(options); }
  get [Symbol.toStringTag]() { return "ReadableStream"; }
}

// drained reads a stream that nobody has read to its end; undefined of what is no stream.
function drained(value) {
  return sources.has(value) ? lock(value).next() : undefined;
}

// streamOf makes a stream of bytes.
function streamOf(bytes) {
  const none = new Uint8Array(0);
  const cancel = () => { bytes = none; };
  return stream({
    locked: false, cancel,
    next() {
      const all = bytes;
      cancel();
      return all;
    },
  });
}

const stream = (source) => new ReadableStream(token, source);

Object.assign(exports, { stream, streamOf, drained });
