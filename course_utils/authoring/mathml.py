"""TeX to MathML, which browsers and screen readers show without a script or a network."""

from __future__ import annotations

import re


def to_mathml(tex: str, display: str) -> str:
    """One formula; `display` is 'inline' or 'block'. Raises ValueError on TeX it does not know."""
    from latex2mathml.converter import convert

    plain = re.sub(
        r"\\(texttt|text)\{([^{}]*)\}", lambda found: found[0].replace(r"\_", "_"), tex.strip()
    )
    try:
        mathml = convert(plain, display=display)
    except Exception as error:
        raise ValueError(f"no MathML for {tex!r}: {type(error).__name__} {error}") from error
    if "\\" in mathml:
        raise ValueError(f"no MathML for {tex!r}: a command in it is not known")
    mathml = _names(mathml)
    return _upright(_centred_limits(mathml) if display == "block" else mathml)


def _names(mathml: str) -> str:
    """What latex2mathml takes for operators, and for scripts, though it is none."""
    mathml = mathml.replace("<mo>mod</mo>", '<mo lspace="0.28em" rspace="0.28em">mod</mo>')
    mathml = re.sub(r"<mo>([a-z]{2,})</mo>", r"<mi>\1</mi>", mathml)  # max, log
    mathml = mathml.replace("<mo>&#x0002E;</mo>", "<mi>.</mi>")  # it ends a sentence
    # f′: the sign is raised by itself
    return re.sub(
        r"<msup>(<mi>\w+</mi>)<mi>(&#x0203[2-4];)</mi></msup>",
        r"<mrow>\1<mi>\2</mi></mrow>",
        mathml,
    )


def _upright(mathml: str) -> str:
    r"""\mathrm{d}: a single letter slants by itself, and this one asked not to."""
    return re.sub(
        r"<mi>(&#x000[46][0-9A-F];|&#x000[57][0-9A];)</mi>",
        r'<mi mathvariant="normal">\1</mi>',
        mathml,
    )


def _centred_limits(mathml: str) -> str:
    """In a display, what is summed over stands below the sum; so does what a limit goes to."""
    return re.sub(
        r"<msub>(<mo>&#x02211;</mo>|<mi>lim</mi>)(.*?)</msub>",
        lambda found: (
            f"<munder>{found[1]}{found[2]}</munder>" if "<msub>" not in found[2] else found[0]
        ),
        mathml,
    )
