"use strict";
const define = module.define;
const { getFullYear, setFullYear, getMonth, getDate, setTime, getTime, toUTCString } = Date.prototype;

define(Date.prototype, {
  getYear() { return getFullYear.call(this) - 1900; },
  setYear(year) {
    getTime.call(this);
    const n = Math.trunc(Number(year));
    if (Number.isNaN(n)) return setTime.call(this, NaN);
    if (Number.isNaN(getTime.call(this))) setTime.call(this, new Date(1970, 0, 1));
    return setFullYear.call(this, n >= 0 && n <= 99 ? 1900 + n : n, getMonth.call(this), getDate.call(this));
  },
  toGMTString: toUTCString,
});
