// What screen readers and keyboards need of a page, by WCAG 2.2; run as the body of a function.
const faults = []
let seen = 0
const all = selector => [...document.querySelectorAll(selector)]
const isShown = element => element.checkVisibility() && element.type !== 'hidden'
const shown = selector => all(selector).filter(isShown)
const show = element => element.outerHTML.replace(/\s+/g, ' ').slice(0, 120)
const fault = (what, element) => faults.push(element ? `${what}: ${show(element)}` : what)
const text = ids => ids.split(/\s+/).map(id => document.getElementById(id)?.textContent ?? '').join(' ').trim()
const name = element => (element.getAttribute('aria-label') ?? element.textContent).trim()

if (!document.documentElement.lang) fault('no language')
if (!document.title.split('·')[0].trim()) fault('no title')
if (!document.querySelector('meta[name=viewport]') || /user-scalable|maximum-scale/.test(document.querySelector('meta[name=viewport]').content))
  fault('cannot be enlarged')

for (const once of ['h1', 'main', 'body > header']) {
  const found = shown(once).length
  if (found !== 1) fault(`${found} ${once}`)
}
let level = 0
for (const heading of shown('h1, h2, h3, h4, h5, h6')) {
  const next = Number(heading.tagName[1])
  if (next > level + 1) fault(`${heading.tagName.toLowerCase()} after h${level}`, heading)
  if (!name(heading)) fault('no name', heading)
  level = next
}

// All that is read is in a landmark, and navigation in one of its own.
const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
while (words.nextNode()) {
  const parent = words.currentNode.parentElement
  if (words.currentNode.data.trim() && !parent.closest('header, nav, main, footer, .skip, script')) fault('in no landmark', parent)
}
for (const stop of shown('header a, header button'))
  if (!stop.closest('nav, .brand')) fault('not in a nav', stop)
for (const nav of shown('nav'))
  if (!nav.getAttribute('aria-label')) fault('no name', nav)

for (const field of shown('input, select, textarea')) {
  seen++
  if (!field.labels.length && !field.getAttribute('aria-label')) fault('no label', field)
  if (!field.autocomplete) fault('no purpose', field)
  if (field.hasAttribute('aria-invalid') && !text(field.getAttribute('aria-describedby') ?? '')) fault('does not say why', field)
}
for (const control of shown('a, button, summary')) {
  seen++
  if (!name(control)) fault('no name', control)
  // What is said aloud is what is read (2.5.3).
  const label = control.getAttribute('aria-label')
  if (label && !label.toLowerCase().includes(control.textContent.trim().toLowerCase().split(' ')[0])) fault('another name', control)
  if (control.tagName === 'A' && !control.hasAttribute('href')) fault('leads nowhere', control)
}
const names = shown('a, button').map(control => [name(control), control.closest('form')?.action ?? control.href])
for (const [one, to] of names)
  if (names.some(([other, elsewhere]) => one === other && to !== elsewhere && !one.startsWith('Sign'))) fault(`the same name for two things: ${one}`)
for (const control of shown('button, input, nav a')) {
  const box = control.getBoundingClientRect()
  if (Math.min(box.width, box.height) < 24) fault('too small', control)
}

const ids = all('[id]').map(element => element.id)
for (const element of all('[id]'))
  if (ids.filter(id => id === element.id).length > 1) fault('id twice', element)
for (const attribute of ['for', 'aria-describedby', 'aria-labelledby'])
  for (const element of all(`[${attribute}]`))
    for (const id of element.getAttribute(attribute).split(/\s+/))
      if (!ids.includes(id)) fault('points to nothing', element)
for (const error of shown('p.wrong'))
  if (!error.closest('[role=alert]') && !all('[aria-describedby]').some(field => field.getAttribute('aria-describedby').split(/\s+/).includes(error.id)))
    fault('an error that nothing points to', error)

for (const image of shown('img')) if (!image.hasAttribute('alt')) fault('no text', image)
for (const element of all('[tabindex]')) if (element.tabIndex > 0) fault('out of order', element)
return { seen, faults }
