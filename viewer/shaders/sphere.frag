// Ray-cast from the screen to the picture. `renderer.py` puts `#version` and the defines in front:
// one of VIEW_*, one of PROJECTION_*, one of PIXELS_*; LINES and MIPMAPS where wanted.
in vec2 point;  // -1..1 over the viewport, +y up
out vec4 colour;

uniform mat3 view;         // view to world
uniform mat3 orientation;  // world to picture
uniform vec2 reach;        // what `point` = 1 stands for, see ray()
uniform mat3 samples_to_rgb;
uniform vec3 rgb_offset;
uniform float opacity;
uniform float texels;       // per radian; luma
uniform float chroma_bias;  // mip levels by which chroma is smaller
uniform float lens_fov;
uniform vec2 lens_turn;  // cosine and sine of the roll
uniform bool swap_lenses;
uniform int lines;  // 1 seam, 2 poles, 4 grid, 8 horizon

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

// World direction of this pixel, unit length; the zero vector where there is none.
vec3 ray() {
#if defined(VIEW_RECTILINEAR)
    return normalize(view * vec3(point * reach, -1.0));
#elif defined(VIEW_PLANET)
    vec2 p = point * reach;  // stereographic plane: 2 tan(angle / 2) = 2 |p|
    float square = dot(p, p);
    return view * vec3(2.0 * p, square - 1.0) / (1.0 + square);
#else
    vec2 angle = point * reach;  // longitude and latitude
    if (abs(angle.x) > PI || abs(angle.y) > 0.5 * PI) return vec3(0.0);
    float level = cos(angle.y);
    return view * vec3(level * sin(angle.x), sin(angle.y), -level * cos(angle.x));
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
    bool front = d.z < 0.0;
    vec2 across = vec2(front ? d.x : -d.x, -d.y);
    float off = length(across);
    float angle = atan(off, abs(d.z));
    vec2 p = across * (angle / (max(off, 1e-9) * lens_fov));
    p = vec2(lens_turn.x * p.x - lens_turn.y * p.y, lens_turn.y * p.x + lens_turn.x * p.y);
    seen = 2.0 * angle <= lens_fov;
    float half_width = 0.5;
    float left = front != swap_lenses ? half_width : 0.0;
    return vec2(left + (p.x + 0.5) * half_width, p.y + 0.5);
#else
    float lon = atan(d.x, -d.z);
    float lat = atan(d.y, length(d.xz));
#if defined(PROJECTION_HALF_EQUIRECT)
    seen = abs(lon) <= 0.5 * PI;
    return vec2(lon / PI + 0.5, 0.5 - lat / PI);
#else
    return vec2(lon / (2.0 * PI) + 0.5, 0.5 - lat / PI);
#endif
#endif
}

#if defined(MIPMAPS)
// The level comes from directions, which do not jump where the longitude does.
#define LOOK_UP(plane, at, bias) textureLod(plane, at, level + bias)
#else
#define LOOK_UP(plane, at, bias) texture(plane, at)
#endif

vec4 rgb_at(PLACE at, float level) {
#if defined(PIXELS_PACKED)
    vec4 stored = LOOK_UP(plane0, at, 0.0);
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

#if defined(LINES)
// A line of `width` pixels, smooth at its edges; `off` and `pixel` are angles.
float stroke(float off, float pixel, float width) {
    return 1.0 - smoothstep(0.5 * width - 0.5, 0.5 * width + 0.5, off / pixel);
}

float off_circle(float angle, float step) {
    return abs(angle - step * round(angle / step));
}

vec3 with_lines(vec3 rgb, vec3 world, vec3 d, float pixel) {
    float level = length(world.xz);
    if ((lines & 4) != 0) {
        float lat = atan(world.y, level);
        float lon = atan(world.x, -world.z);
        float off = min(off_circle(lat, PI / 6.0), off_circle(lon, PI / 6.0) * level);
        rgb = mix(rgb, vec3(1.0), 0.5 * stroke(off, pixel, 1.0));
    }
    if ((lines & 8) != 0)
        rgb = mix(rgb, vec3(0.2, 1.0, 0.4), stroke(abs(atan(world.y, level)), pixel, 2.0));
    if ((lines & 1) != 0) {
        float off = d.z > 0.0 ? abs(d.x) : 9.0;
        rgb = mix(rgb, vec3(1.0, 0.25, 0.2), stroke(off, pixel, 2.0));
    }
    if ((lines & 2) != 0) {
        float off = abs(atan(length(d.xz), abs(d.y)) - PI / 36.0);
        rgb = mix(rgb, vec3(1.0, 0.8, 0.1), stroke(off, pixel, 2.0));
    }
    return rgb;
}
#endif

void main() {
    vec3 world = ray();
    vec3 d = orientation * world;
    bool seen;
    PLACE at = place(d, seen);
    float pixel = 0.0;
#if defined(LINES) || defined(MIPMAPS)
    pixel = max(length(dFdx(d)), length(dFdy(d)));
#endif
    float level = log2(max(pixel * texels, 1e-6));
    vec4 found = rgb_at(at, level);
    if (!seen || world == vec3(0.0)) found = vec4(0.0, 0.0, 0.0, 1.0);
#if defined(LINES)
    else found.rgb = with_lines(found.rgb, world, d, pixel);
#endif
    colour = vec4(clamp(found.rgb, 0.0, 1.0), found.a * opacity);
}
