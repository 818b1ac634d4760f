// Ray-cast from the screen to the picture. `renderer.py` puts `#version` and the defines in front:
// one of VIEW_*, one of PROJECTION_*, one of PIXELS_*; LINES and MIPMAPS where wanted.
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

// Direction of this pixel in the axes of the view; the zero vector where there is none. Of unit
// length where an angle between neighbours is asked for; places do not depend on it.
vec3 ray() {
#if defined(VIEW_RECTILINEAR) && (defined(LINES) || defined(MIPMAPS))
    return normalize(vec3(point * reach, -1.0));
#elif defined(VIEW_RECTILINEAR)
    return vec3(point * reach, -1.0);
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
// Distances from lines are sines of angles: exact to the third order within a few pixels, which is
// all that is drawn, and much cheaper than angles.

// How much of a line `width` pixels wide covers a pixel; smooth at its edges.
float stroke(float off, float per_pixel, float width) {
    return clamp(0.5 * width + 0.5 - off * per_pixel, 0.0, 1.0);
}

// Distance of a point on a circle from the nearest multiple of 30 degrees.
float off_spoke(vec2 p) {
    float a = max(abs(p.x), abs(p.y)), b = min(abs(p.x), abs(p.y));
    return min(b, abs(0.5 * a - 0.8660254 * b));
}

vec3 with_lines(vec3 rgb, vec3 world, vec3 d, float per_pixel) {
    if ((lines & 4) != 0) {
        float off = min(off_spoke(world.xz), off_spoke(vec2(length(world.xz), world.y)));
        rgb = mix(rgb, vec3(1.0), 0.5 * stroke(off, per_pixel, 1.0));
    }
    if ((lines & 8) != 0)
        rgb = mix(rgb, vec3(0.2, 1.0, 0.4), stroke(abs(world.y), per_pixel, 2.0));
    if ((lines & 1) != 0) {
        float off = d.z > 0.0 ? abs(d.x) : 9.0;
        rgb = mix(rgb, vec3(1.0, 0.25, 0.2), stroke(off, per_pixel, 2.0));
    }
    if ((lines & 2) != 0) {
        float off = abs(0.9961947 * length(d.xz) - 0.0871557 * abs(d.y));  // 5 degrees
        rgb = mix(rgb, vec3(1.0, 0.8, 0.1), stroke(off, per_pixel, 2.0));
    }
    return rgb;
}
#endif

void main() {
    vec3 seen_from_here = ray();
    vec3 d = to_picture * seen_from_here;
    bool seen;
    PLACE at = place(d, seen);
    float level = 0.0;
#if defined(LINES) || defined(MIPMAPS)
    vec3 right = dFdx(d), up = dFdy(d);
    float square = max(max(dot(right, right), dot(up, up)), 1e-16);  // of a pixel, in radians
#endif
#if defined(MIPMAPS)
    level = 0.5 * log2(square) + log2(texels);
#endif
    vec4 found = rgb_at(at, level);
    if (!seen || seen_from_here == vec3(0.0)) found = vec4(0.0, 0.0, 0.0, 1.0);
#if defined(LINES)
    else found.rgb = with_lines(found.rgb, to_world * seen_from_here, d, inversesqrt(square));
#endif
    colour = vec4(clamp(found.rgb, 0.0, 1.0), found.a * opacity);
}
