package fakeredshift

// AppendField is the writer of one value, for tests.
var AppendField = appendField
