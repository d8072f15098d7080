// One symbol: its price, how it changed since the page was opened, and a line of what it was lately.

const POINTS = 90
const SVG = "http://www.w3.org/2000/svg"

/** Makes a card. What `set` says is shown by the next `draw`. */
export function card(symbol, opening) {
  const element = document.createElement("article")
  const [name, price, change] = ["h2", "b", "span"].map((tag) => document.createElement(tag))
  const line = document.createElementNS(SVG, "svg")
  const [under, over] = ["under", "over"].map((className) => {
    const path = document.createElementNS(SVG, "path")
    path.setAttribute("class", className)
    return path
  })
  element.dataset.symbol = name.textContent = symbol
  price.className = "price"
  line.setAttribute("viewBox", "0 0 100 30")
  line.setAttribute("preserveAspectRatio", "none")
  line.setAttribute("aria-hidden", "true")
  line.append(under, over)
  element.append(name, price, line, change)

  const points = [opening]
  let now = opening
  let shown

  function flash(up) {
    const colour = `color-mix(in srgb, var(${up ? "--good" : "--bad"}) 35%, transparent)`
    price.animate([{ background: colour }, { background: "transparent" }], 500)
  }

  function sketch() {
    const low = Math.min(...points)
    const span = Math.max(...points) - low || 1
    const step = 100 / (POINTS - 1)
    const start = 100 - (points.length - 1) * step
    const d = points.map((p, i) => `${i ? "L" : "M"}${(start + i * step).toFixed(2)} ${(28 - (26 * (p - low)) / span).toFixed(2)}`).join("")
    over.setAttribute("d", d)
    under.setAttribute("d", `${d}L100 30L${start.toFixed(2)} 30Z`)
  }

  return {
    element,
    set(p) {
      now = p
    },
    draw() {
      if (now === shown) return
      if (shown !== undefined) flash(now > shown)
      shown = now
      points.push(now)
      if (points.length > POINTS) points.shift()
      const percent = (now / opening - 1) * 100
      price.textContent = now.toFixed(2)
      change.textContent = `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(2)} %`
      change.className = "change " + (percent < 0 ? "down" : "up")
      line.setAttribute("class", percent < 0 ? "down" : "up")
      sketch()
    },
  }
}
