"use strict";
const define = module.define;
const split = String.prototype.split, join = Array.prototype.join;

function tag(value, name, element, attribute, given) {
  if (value === undefined || value === null) throw new TypeError("String.prototype." + name + " called on null or undefined");
  const text = String(value);
  const with_ = attribute === "" ? "" : " " + attribute + "=\"" + join.call(split.call(String(given), "\""), "&quot;") + "\"";
  return "<" + element + with_ + ">" + text + "</" + element + ">";
}

define(String.prototype, {
  anchor(name) { return tag(this, "anchor", "a", "name", name); },
  big() { return tag(this, "big", "big", ""); },
  blink() { return tag(this, "blink", "blink", ""); },
  bold() { return tag(this, "bold", "b", ""); },
  fixed() { return tag(this, "fixed", "tt", ""); },
  fontcolor(color) { return tag(this, "fontcolor", "font", "color", color); },
  fontsize(size) { return tag(this, "fontsize", "font", "size", size); },
  italics() { return tag(this, "italics", "i", ""); },
  link(url) { return tag(this, "link", "a", "href", url); },
  small() { return tag(this, "small", "small", ""); },
  strike() { return tag(this, "strike", "strike", ""); },
  sub() { return tag(this, "sub", "sub", ""); },
  sup() { return tag(this, "sup", "sup", ""); },
});
