// Lines on a canvas.

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function makeCanvas(width, height) {
  const canvas = element("canvas");
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.getContext("2d").scale(ratio, ratio);
  canvas.plot = { width, height };
  return canvas;
}

/** Draws a series over the whole width; `base` is a level to show and colour by. */
function drawLine(canvas, values, base = null) {
  const { width, height } = canvas.plot;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  if (values.length < 2) return;
  const levels = base === null ? values : [...values, base];
  const low = Math.min(...levels);
  const span = Math.max(...levels) - low || 1;
  const x = (index) => 1 + (index * (width - 2)) / (values.length - 1);
  const y = (value) => height - 2 - ((value - low) * (height - 4)) / span;
  const last = values[values.length - 1];
  const line = colour(last >= (base ?? values[0]) ? "--up" : "--down");
  const path = new Path2D();
  values.forEach((value, index) => path.lineTo(x(index), y(value)));
  if (base !== null) {
    context.strokeStyle = colour("--line");
    context.strokeRect(0, y(base), width, 0);
    const area = new Path2D(path);
    area.lineTo(x(values.length - 1), y(base));
    area.lineTo(x(0), y(base));
    context.globalAlpha = 0.18;
    context.fillStyle = line;
    context.fill(area);
    context.globalAlpha = 1;
  }
  context.strokeStyle = line;
  context.lineWidth = 1.3;
  context.stroke(path);
}
