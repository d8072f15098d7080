// Makes the pictures of the examples in docs/images: `make screenshot`. Look best where the font Inter is installed (Debian: fonts-inter).
//
//   node scripts/screenshot.mjs [-looks folder] [chat] [dashboard] [cursors]
//
// With -looks it leaves docs/images alone, and puts into the folder what else is to be looked at: the dark theme, phones, wide windows.

import { chat } from "./screenshots/chat.mjs"
import { cursors } from "./screenshots/cursors.mjs"
import { dashboard } from "./screenshots/dashboard.mjs"
import { atDesk } from "./screenshots/desk.mjs"

const scenes = { chat, dashboard, cursors }

const names = process.argv.slice(2)
const looks = names[0] === "-looks" ? names.splice(0, 2)[1] : undefined
for (const name of names.length > 0 ? names : Object.keys(scenes)) await atDesk(name, looks, scenes[name])
