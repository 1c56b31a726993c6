"""Finding parts of a figure."""


def titled(figure, start):
    for axes in figure.axes:
        if axes.get_title().startswith(start) or any(t.get_text().startswith(start) for t in axes.texts):
            return axes
    return None


def line(axes, label):
    return next((one for one in axes.lines if str(one.get_label()).startswith(label)), None)
