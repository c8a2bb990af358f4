// Puts the next element of the list at nflow_data.field (a dotted path into the payload) into payload[item_name]:
// output_2 for each element, output_1 when there is none left.
//
// The cursor is kept in the payload, one for each node, so that loops can be nested or follow one another and a form
// inside a loop can wait for its visitor. It walks over a copy: what the loop's body does to the list changes nothing.
function main() {
  // Only an object of our own counts: a request parameter of this name would be a string or an array.
  const kept = payload.__foreach
  const cursors = kept !== null && typeof kept === "object" && !Array.isArray(kept) ? kept : {}

  let cursor = cursors[current_box]
  if (!cursor || !Array.isArray(cursor.list)) {
    const list = find_element(nflow_data.field, payload)
    cursor = { list: Array.isArray(list) ? list.slice() : [], at: 0 }
  }

  if (cursor.at < cursor.list.length) {
    payload[nflow_data.item_name] = cursor.list[cursor.at]
    cursor.at++
    cursors[current_box] = cursor
    payload.__foreach = cursors
    next = "output_2"
    return
  }

  delete cursors[current_box]
  if (Object.keys(cursors).length === 0) {
    delete payload.__foreach
  } else {
    payload.__foreach = cursors
  }
  next = "output_1"
}
