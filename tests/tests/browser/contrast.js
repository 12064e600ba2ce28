// Contrasts by WCAG 2.2, 1.4.3 and 1.4.11, as they are drawn at the moment; run as the body of a function.
const faults = []
let seen = 0

const parse = text => {
  const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number)
  return { rgb: [red, green, blue], alpha }
}
const over = (front, back) => front.rgb.map((value, i) => value * front.alpha + back[i] * (1 - front.alpha))
const luminance = rgb => {
  const [red, green, blue] = rgb.map(value => value / 255).map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
const ratio = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

// What is behind an element's text: its own background, over that of what it is in, down to the canvas.
const canvas = matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255]
const behind = element => {
  if (!element) return canvas
  const style = getComputedStyle(element)
  if (style.backgroundImage !== 'none' || style.opacity !== '1') faults.push(`cannot be computed: ${element.outerHTML.slice(0, 80)}`)
  const own = parse(style.backgroundColor)
  return own.alpha === 1 ? own.rgb : over(own, behind(element.parentElement))
}
const expect = (what, front, back, least, element) => {
  seen++
  const found = ratio(front, back)
  if (found < least) faults.push(`${what} ${found.toFixed(2)} : 1, not ${least}: ${element.outerHTML.replace(/\s+/g, ' ').slice(0, 100)}`)
}

const isLarge = style => {
  const points = parseFloat(style.fontSize) * 0.75
  return points >= 18 || (points >= 14 && Number(style.fontWeight) >= 700)
}
const text = element => {
  const style = getComputedStyle(element), back = behind(element)
  expect('text', over(parse(style.color), back), back, isLarge(style) ? 3 : 4.5, element)
}
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement
  if (walker.currentNode.data.trim() && element.checkVisibility()) text(element)
}

const controls = [...document.querySelectorAll('a, button, input')].filter(control => control.checkVisibility() && control.type !== 'hidden')
for (const control of controls) {
  const style = getComputedStyle(control), around = behind(control.parentElement)
  if (control.tagName === 'INPUT') text(control)
  // Where it ends is seen by its border, or by its background.
  if (control.tagName !== 'A' && parseFloat(style.borderTopWidth) > 0) {
    const border = over(parse(style.borderTopColor), around), back = behind(control)
    expect('border', ratio(border, around) > ratio(back, around) ? border : back, around, 3, control)
  }
  control.focus({ focusVisible: true })
  const focused = getComputedStyle(control)
  if (!control.matches(':focus-visible')) faults.push(`focus is not shown: ${control.outerHTML.slice(0, 80)}`)
  if (focused.outlineStyle === 'none' || parseFloat(focused.outlineWidth) < 2) faults.push(`no focus: ${control.outerHTML.slice(0, 80)}`)
  // The indicator lies outside, by its offset: on what is around.
  else expect('focus', over(parse(focused.outlineColor), around), around, 3, control)
  control.blur()
}
return { seen, faults }
