const { Headers, Message, of, states, streamed, cloned, request, only, need, ofBrowsers } = module.native.load("web:fetch");
const { AbortSignal } = module.native.load("web:web");

class Request extends Message {
  constructor(input, init = {}) {
    super();
    need(arguments.length, 1, "Request");
    init ??= {};
    only("new Request", init, "method, headers, body", ofBrowsers);
    request(this, input, init);
  }
  get method() { return of(this, "Request").method; }
  get url() { return of(this, "Request").url; }
  get headers() { return of(this, "Request").headers; }
  get referrer() { return of(this, "Request").referrer; }
  get referrerPolicy() { return of(this, "Request").referrerPolicy; }
  get mode() { return of(this, "Request").mode; }
  get credentials() { return of(this, "Request").credentials; }
  get cache() { return of(this, "Request").cache; }
  get redirect() { return of(this, "Request").redirect; }
  get integrity() { return of(this, "Request").integrity; }
  get duplex() { return of(this, "Request").duplex; }
  get keepalive() { return of(this, "Request").keepalive; }
  get signal() {
    const state = of(this, "Request");
    state.follower ??= AbortSignal.any(state.signal === undefined ? [] : [state.signal]);
    return state.follower;
  }
  get body() { return streamed(this, "Request"); }
  get bodyUsed() { return of(this, "Request").used; }
  get destination() { return of(this, "Request") && ""; }
  get isReloadNavigation() { return of(this, "Request") && false; }
  get isHistoryNavigation() { return of(this, "Request") && false; }
  clone() {
    const state = of(this, "Request"), other = Object.create(Request.prototype);
    states.set(other, { ...cloned(state), headers: new Headers(state.headers), follower: undefined });
    return other;
  }
  get [Symbol.toStringTag]() { return "Request"; }
}

Object.assign(exports, { Request });
