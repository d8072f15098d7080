import { bareQtWebKit, qtWebKit } from "./qtwebkit.js"
import { testIn } from "./suite.js"

testIn(qtWebKit)
testIn(bareQtWebKit)
