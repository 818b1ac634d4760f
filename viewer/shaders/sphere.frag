// Ray-cast from the screen to the picture, on the desktop (GLSL 330) and in browsers (GLSL ES 300).
// `#version` and the defines come in front: one of VIEW_*, one of PROJECTION_*, one of PIXELS_*;
// ONE_LENS where a fisheye has no other beside it, WINDOW where an equirect picture shows a part of
// the sphere, MIPMAPS where wanted, LINES, a sum: 1 seam, 2 poles, 4 grid, 8 horizon, and EYE where
// several eyes lie in one texture, WRAPS if each of them goes round, PQ or HLG where the codes are.
in vec2 point;  // -1..1 over the viewport, +y up
out vec4 colour;

uniform mat3 to_world;    // from the axes of the view
uniform mat3 to_picture;  // from the axes of the view
uniform vec2 reach;        // what `point` = 1 stands for, see ray()
uniform mat3 samples_to_rgb;
uniform vec3 rgb_offset;
uniform float opacity;
uniform float texels;       // per radian; luma
uniform float chroma_bias;  // mip levels by which chroma is smaller
uniform float lens_fov;
uniform vec2 lens_turn;  // cosine and sine of the roll
uniform float front_lens;  // the half of the picture it lies in: 0 left, 1 right
uniform vec2 lens_share;   // of the picture's width and height that the circle of ONE_LENS spans

uniform vec4 window;  // left, top, width, height; shares of the whole sphere's picture
uniform vec2 shift;   // a headset's view is wider on one side: tangents in its middle
uniform vec4 eye;     // left, top, width, height of an eye's picture; shares of the texture
uniform vec2 half_texel;  // of an eye's picture

const float PI = 3.14159265358979;

#if defined(PROJECTION_CUBEMAP) || defined(PROJECTION_EQUI_ANGULAR)
#define SAMPLER samplerCube
#define PLACE vec3
#else
#define SAMPLER sampler2D
#define PLACE vec2
#endif
uniform SAMPLER plane0;
uniform SAMPLER plane1;
uniform SAMPLER plane2;

// Direction of this pixel in the axes of the view; the zero vector where there is none. Of unit
// length where an angle between neighbours is asked for; places and lines do not depend on it.
vec3 ray() {
#if defined(VIEW_RECTILINEAR) && defined(MIPMAPS)
    return normalize(vec3(point * reach, -1.0));
#elif defined(VIEW_RECTILINEAR)
    return vec3(point * reach, -1.0);
#elif defined(VIEW_FRUSTUM)
    return vec3(point * reach + shift, -1.0);
#elif defined(VIEW_PLANET)
    vec2 p = point * reach;  // stereographic plane: 2 tan(angle / 2) = 2 |p|
    float square = dot(p, p);
    return vec3(2.0 * p, square - 1.0) / (1.0 + square);
#else
    vec2 angle = point * reach;  // longitude and latitude
    if (abs(angle.x) > PI || abs(angle.y) > 0.5 * PI) return vec3(0.0);
    float level = cos(angle.y);
    return vec3(level * sin(angle.x), sin(angle.y), -level * cos(angle.x));
#endif
}

// Where the picture shows direction d. `seen` is false where it shows nothing.
PLACE place(vec3 d, out bool seen) {
    seen = true;
#if defined(PROJECTION_CUBEMAP)
    return vec3(d.xy, -d.z);  // OpenGL's cube maps are left-handed
#elif defined(PROJECTION_EQUI_ANGULAR)
    vec3 a = abs(d);
    vec3 angle = atan(d / max(a.x, max(a.y, a.z))) * (4.0 / PI);
    return vec3(angle.xy, -angle.z);
#elif defined(PROJECTION_DUAL_FISHEYE)
#if defined(ONE_LENS)
    bool front = true;
#else
    bool front = d.z < 0.0;
#endif
    vec2 across = vec2(front ? d.x : -d.x, -d.y);
    float off = length(across);
    float angle = atan(off, front ? -d.z : d.z);
    vec2 p = across * (angle / (max(off, 1e-9) * lens_fov));
    p = vec2(lens_turn.x * p.x - lens_turn.y * p.y, lens_turn.y * p.x + lens_turn.x * p.y);
    seen = 2.0 * angle <= lens_fov;
#if defined(ONE_LENS)
    return p * lens_share + 0.5;
#else
    float lens = front ? front_lens : 1.0 - front_lens;
    return vec2((lens + p.x + 0.5) * 0.5, p.y + 0.5);
#endif
#else
    float lon = atan(d.x, -d.z);
    float lat = atan(d.y, length(d.xz));
    vec2 at = vec2(lon / (2.0 * PI) + 0.5, 0.5 - lat / PI);
#if defined(WINDOW)
    at = (at - window.xy) / window.zw;
    seen = at == clamp(at, 0.0, 1.0);
#endif
    return at;
#endif
}

#if defined(MIPMAPS)
// The level comes from directions, which do not jump where the longitude does.
#define LOOK_UP(plane, at, bias) textureLod(plane, at, level + bias)
#else
#define LOOK_UP(plane, at, bias) texture(plane, at)
#endif

#if defined(EYE)
// Filtering must not cross from one eye's picture into the other's, and goes round within one.
vec4 stored_at(vec2 at, float level) {
    vec2 rim = half_texel * exp2(ceil(max(level, 0.0)));
    vec2 inside = clamp(at, rim, 1.0 - rim);
    vec4 found = textureLod(plane0, eye.xy + eye.zw * inside, level);
#if defined(WRAPS)
    float over = abs(at.x - inside.x) / (2.0 * rim.x);
    vec2 beyond = vec2(1.0 - inside.x, inside.y);
    if (over > 0.0) found = mix(found, textureLod(plane0, eye.xy + eye.zw * beyond, level), over);
#endif
    return found;
}
#elif defined(PIXELS_PACKED)
vec4 stored_at(PLACE at, float level) {
    return LOOK_UP(plane0, at, 0.0);
}
#endif

vec4 rgb_at(PLACE at, float level) {
#if defined(PIXELS_PACKED)
    vec4 stored = stored_at(at, level);
    return vec4(samples_to_rgb * stored.rgb + rgb_offset, stored.a);
#elif defined(PIXELS_SEMIPLANAR)
    vec3 yuv = vec3(LOOK_UP(plane0, at, 0.0).r, LOOK_UP(plane1, at, chroma_bias).rg);
    return vec4(samples_to_rgb * yuv + rgb_offset, 1.0);
#else
    vec3 yuv = vec3(LOOK_UP(plane0, at, 0.0).r, LOOK_UP(plane1, at, chroma_bias).r,
                    LOOK_UP(plane2, at, chroma_bias).r);
    return vec4(samples_to_rgb * yuv + rgb_offset, 1.0);
#endif
}

#if defined(PQ) || defined(HLG)
uniform float peak;  // the brightest light, cd/m2

float pq_to_light(float code) {
    float p = pow(max(code, 0.0), 1.0 / 78.84375);
    return 10000.0 * pow(max(p - 0.8359375, 0.0) / (18.8515625 - 18.6875 * p), 1.0 / 0.1593017578);
}

float light_to_pq(float light) {
    float p = pow(max(light, 0.0) / 10000.0, 0.1593017578);
    return pow((0.8359375 + 18.8515625 * p) / (1.0 + 18.6875 * p), 78.84375);
}

float hlg_to_scene(float code) {
    return code <= 0.5 ? code * code / 3.0 : (exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12.0;
}

// The EETF of Report ITU-R BT.2390 up to reference white, 203 cd/m2, which becomes 1.
float tone(float light) {
    float top = light_to_pq(peak);
    float code = light_to_pq(light) / top, most = light_to_pq(203.0) / top;
    float knee = 1.5 * most - 0.5, t = (code - knee) / max(1.0 - knee, 1e-6);
    float t2 = t * t, t3 = t2 * t;
    float spline = (2.0 * t3 - 3.0 * t2 + 1.0) * knee + (t3 - 2.0 * t2 + t) * (1.0 - knee)
        + (3.0 * t2 - 2.0 * t3) * most;
    return pq_to_light((code < knee ? code : spline) * top) / 203.0;
}

// BT.2020 codes -> BT.709 codes of SDR, as `vr360.media.tonemap` has them.
vec3 to_sdr(vec3 code) {
    code = clamp(code, 0.0, 1.0);
#if defined(PQ)
    vec3 light = vec3(pq_to_light(code.r), pq_to_light(code.g), pq_to_light(code.b));
#else
    vec3 scene = vec3(hlg_to_scene(code.r), hlg_to_scene(code.g), hlg_to_scene(code.b));
    float luminance = max(dot(scene, vec3(0.2627, 0.6780, 0.0593)), 1e-6);
    vec3 light = 1000.0 * pow(luminance, 0.2) * scene;
#endif
    float most = clamp(max(light.r, max(light.g, light.b)), 1e-4, peak);
    light *= tone(most) / most;
    vec3 linear = mat3(1.6605, -0.1246, -0.0182, -0.5876, 1.1329, -0.1006, -0.0728, -0.0083, 1.1187) * light;
    return pow(clamp(linear, 0.0, 1.0), vec3(1.0 / 2.4));
}
#endif

#if defined(LINES)
// How much of a line `width` pixels wide covers a pixel; smooth at its edges. The line is where the
// smooth function `f` is zero, so f over its change from pixel to pixel counts pixels, in any view.
float stroke(float f, float width) {
    float x = dFdx(f), y = dFdy(f);
    float off = abs(f) * inversesqrt(max(x * x + y * y, 1e-30));
    return clamp(0.5 * width + 0.5 - off, 0.0, 1.0);
}

// Zero where the direction of p is a multiple of 30 degrees: the imaginary part of its sixth power.
float spokes(vec2 p) {
    vec2 square = vec2(p.x * p.x - p.y * p.y, 2.0 * p.x * p.y);
    return square.y * (3.0 * square.x * square.x - square.y * square.y);
}

vec3 with_lines(vec3 rgb, vec3 world, vec3 d) {
#if LINES & 4
    float meridian = stroke(spokes(normalize(world.xz)), 1.0);
    float parallel = stroke(spokes(vec2(length(world.xz), world.y)), 1.0);
    rgb = mix(rgb, vec3(1.0), 0.5 * max(meridian, parallel));
#endif
#if LINES & 8
    rgb = mix(rgb, vec3(0.2, 1.0, 0.4), stroke(world.y, 2.0));
#endif
#if LINES & 1
    float behind = d.z > 0.0 ? 1.0 : 0.0;
    rgb = mix(rgb, vec3(1.0, 0.25, 0.2), behind * stroke(d.x, 2.0));
#endif
#if LINES & 2
    float off = 0.9961947 * length(d.xz) - 0.0871557 * abs(d.y);  // 5 degrees
    rgb = mix(rgb, vec3(1.0, 0.8, 0.1), stroke(off, 2.0));
#endif
    return rgb;
}
#endif

void main() {
    vec3 seen_from_here = ray();
    vec3 d = to_picture * seen_from_here;
    bool seen;
    PLACE at = place(d, seen);
    float level = 0.0;
#if defined(MIPMAPS)
    vec3 right = dFdx(d), up = dFdy(d);
    float square = max(max(dot(right, right), dot(up, up)), 1e-16);  // of a pixel, in radians
    level = 0.5 * log2(square) + log2(texels);
#endif
    vec4 found = rgb_at(at, level);
#if defined(PQ) || defined(HLG)
    found.rgb = to_sdr(found.rgb);
#endif
#if defined(LINES)
    found.rgb = with_lines(found.rgb, to_world * seen_from_here, d);
#endif
    if (!seen || seen_from_here == vec3(0.0)) found = vec4(0.0, 0.0, 0.0, 1.0);
    colour = vec4(clamp(found.rgb, 0.0, 1.0), found.a * opacity);
}
