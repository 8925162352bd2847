// The elements that make the page wider than the window.
() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const over = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > clientWidth + 1);
  return [`${scrollWidth - clientWidth} px`, ...over.slice(0, 5).map((element) => element.outerHTML.slice(0, 120))];
}
