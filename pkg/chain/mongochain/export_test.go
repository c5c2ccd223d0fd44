package mongochain

// Carried is exported for tests.
var Carried = carried

// MaxMessage is exported for tests.
const MaxMessage = maxMessage
