import { testIn } from "./suite.js"
import { webKitGTK } from "./webkitgtk.js"

testIn(webKitGTK)
