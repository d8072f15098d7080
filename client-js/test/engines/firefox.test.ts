import { firefox } from "./puppeteer.js"
import { testIn } from "./suite.js"

testIn(firefox)
