import { chromium } from "./puppeteer.js"
import { testIn } from "./suite.js"

testIn(chromium)
